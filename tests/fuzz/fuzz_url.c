/* A URL that is accepted is accepted again as normalised, with the same parts, and
 * holds nothing that another reader could take for a user name or another host. */
#include "net/url.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(struct arena *a, const struct url *u)
{
	struct url again;
	struct err err;
	int code = url_parse(a, u->text, &again, &err);
	str authority = str_from(u->text, u->https ? 8 : 7);

	MUST(code == 0);
	MUST(str_eq(again.text, u->text) && str_eq(again.host, u->host));
	MUST(str_eq(again.target, u->target) && again.port == u->port);
	MUST(u->target.n > 0 && u->target.p[0] == '/' && u->port != 0);
	authority = str_cut(&authority, '/');
	for (size_t i = 0; i < authority.n; i++)
		MUST(!strchr("@\\%#? ", authority.p[i]));
	for (size_t i = 0; i < u->text.n; i++)
		MUST(u->text.p[i] > 0x20 && u->text.p[i] < 0x7f && u->text.p[i] != '\\');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena a;
	struct err err;
	struct url u;

	arena_init(&a, 0);
	if (url_parse(&a, (str){ (const char *)data, n }, &u, &err) == 0)
		check(&a, &u);
	else
		MUST(err.kind == ERR_INVALID || err.kind == ERR_LIMIT);
	arena_release(&a);
	return 0;
}
