"""An independent auditor of journals: it reads the rows and shares no code with the engine that wrote them."""
