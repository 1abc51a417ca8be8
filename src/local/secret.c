#include "local/secret.h"

#include <unistd.h>

#define INHERITED_MIN 16 /* many a DB_PASSWORD is "postgres" */

bool secret_is_name(str key)
{
	static const char *const words[] = { "TOKEN",	   "SECRET",   "PASSWORD", "PASSWD", "PRIVATE_KEY",
					     "CREDENTIAL", "API_KEY",  "ACCESS_KEY", "PASSPHRASE" };
	char upper[128];
	str s = { upper, MIN(key.n, sizeof(upper)) };

	for (size_t i = 0; i < s.n; i++)
		upper[i] = (char)(key.p[i] >= 'a' && key.p[i] <= 'z' ? key.p[i] - 32 : key.p[i]);
	for (size_t i = 0; i < COUNT(words); i++)
		if (str_find(s, str_of(words[i]), 0) >= 0)
			return true;
	return false;
}

struct str_vec secret_values(struct arena *a, const struct job_var_vec *vars)
{
	struct str_vec values = { 0 };

	for (size_t i = 0; i < vars->nr; i++)
		if (vars->at[i].masked)
			vec_add(a, &values, vars->at[i].value);
	for (char **e = environ; *e; e++) {
		str value = str_of(*e), key = str_cut(&value, '=');

		if (value.n >= INHERITED_MIN && value.p[0] != '/' && secret_is_name(key))
			vec_add(a, &values, value);
	}
	return values;
}
