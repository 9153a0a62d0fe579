/* pq: libpq's functions, found in the shared library at run time. */
#include "db/pq.h"

#include <dlfcn.h>

static gboolean
find_function(void *lib, const char *name, void **function)
{
	*function = dlsym(lib, name);
	return *function != NULL;
}

static gboolean
load(jp_pq *pq, GError **error)
{
	const char *missing = NULL;
	void *lib = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);

	if (!lib) {
		g_set_error(error, JP_ERROR, JP_ERROR_CONFIG,
		    "PostgreSQL's client library cannot be loaded (%s); install libpq5", dlerror());
		return FALSE;
	}
#define FIND(name)                                                                                 \
	if (!find_function(lib, #name, (void **)&pq->name))                                        \
		missing = #name;
	JP_PQ_FUNCTIONS(FIND)
#undef FIND
	if (!missing)
		return TRUE; /* cppcheck-suppress resourceLeak ; kept until the program ends */
	g_set_error(error, JP_ERROR, JP_ERROR_CONFIG,
	    "PostgreSQL's client library has no %s; install libpq5 of version 14 or later",
	    missing);
	(void)dlclose(lib); /* nothing of it is kept */
	return FALSE;
}

const jp_pq *
jp_pq_load(GError **error)
{
	static jp_pq functions;
	static const jp_pq *loaded;

	if (!loaded && load(&functions, error))
		loaded = &functions;
	return loaded;
}
