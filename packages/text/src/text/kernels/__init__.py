"""The fast form of the layers over tokens and time: a table of products, an order of time steps, and cells in place."""
