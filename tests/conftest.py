"""What holds for every test: no property is judged by how long the machine took for an example."""

from hypothesis import settings

settings.register_profile("seraphim", deadline=None)
settings.load_profile("seraphim")
