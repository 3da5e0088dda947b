"""Recurrent layers: a cell is the equation of one time step, a layer is the loop around it."""
