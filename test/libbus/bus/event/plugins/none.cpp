// A library needs a source file. This one is empty, because everything comes from an archive.
