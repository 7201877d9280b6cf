"""The sections of the page, a module a section or a part of one."""
