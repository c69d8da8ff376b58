/* A shared library that is in the container only: what the tests of dlopen and its kin load. Needs no libc. */
__attribute__((visibility("default"))) const char *library_text(void)
{
    return "text of the library";
}
