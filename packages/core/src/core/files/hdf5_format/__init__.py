"""The HDF5 format, read in Python: as much of it as Keras files use, and nothing that leads out of the file.

The C library that usually reads HDF5 is made for files that one trusts: bytes corrupted on purpose make it loop for ever, it
follows links into other files, and it loads filters from the machine. Here every address and size that the file states is
checked against the file's own size before it is used, no address is visited twice, and what is not understood is refused.

Source: https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html
"""

from core.files.hdf5_format.objects import Dataset, Group, open_root
from core.files.hdf5_format.superblock import find_superblock

__all__ = ["Dataset", "Group", "find_superblock", "open_root"]
