"""Indicators: each a compiled step on array state, in a batch and a streaming form that agree bit for bit.

`spec` names them and imports no compiler; the modules with kernels are imported where an indicator is computed.
A value that is not finite is missing: it leaves the state as it is and gives NaN.
"""
