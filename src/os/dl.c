#include "os/dl.h"

#include <dlfcn.h>
#include <string.h>

static int load(struct dl_library *l, struct err *err)
{
	void *handle = dlopen(l->soname, RTLD_NOW | RTLD_LOCAL);

	if (!handle)
		return err_set(err, ERR_UNAVAILABLE,
			       "the library %s is missing; install it with: apt install %s",
			       l->soname, l->package);
	for (size_t i = 0; i < l->nr_symbols; i++) {
		void *fn = dlsym(handle, l->symbols[i].name);

		if (!fn) {
			dlclose(handle);
			return err_set(
				err, ERR_UNAVAILABLE,
				"the library %s has no %s; the package %s of Debian 12 has it",
				l->soname, l->symbols[i].name, l->package);
		}
		/* Function pointers may not be converted, but copied they may be. */
		memcpy((char *)l->table + l->symbols[i].offset, &fn, sizeof(fn));
	}
	/* The handle is kept on purpose: the table points into the library. */
	l->loaded = true;
	return 0;
}

int dl_need(struct dl_library *l, struct err *err)
{
	int r = 0;

	pthread_mutex_lock(&l->lock);
	if (!l->loaded)
		r = load(l, err);
	pthread_mutex_unlock(&l->lock);
	return r;
}
