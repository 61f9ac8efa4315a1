// Nothing: the headers that all tests share are precompiled beside it.
