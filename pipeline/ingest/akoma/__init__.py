"""The reader of Akoma Ntoso, the XML of UN resolutions and statements."""
