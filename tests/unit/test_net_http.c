#include "http_server.h"
#include "net/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define HELLO_SHA "sha256-LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=" /* of "hello" */

static bool answer(struct http_server *s, str path, str request, struct buf *out)
{
	if (str_eq(path, STR("/hello"))) {
		http_ok(out, STR("hello"));
	} else if (str_eq(path, STR("/request"))) {
		http_ok(out, request);
	} else if (str_eq(path, STR("/silent"))) {
		return false;
	} else if (str_eq(path, STR("/closed"))) {
		buf_addz(out, "");
	} else if (str_eq(path, STR("/short"))) {
		buf_addz(out, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
	} else if (str_eq(path, STR("/garbage"))) {
		buf_addz(out, "HELO\r\n\r\n");
	} else if (str_eq(path, STR("/announced"))) {
		buf_addz(out, "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n");
	} else if (str_eq(path, STR("/endless"))) {
		buf_addz(out, "HTTP/1.1 200 OK\r\n\r\n");
		for (int i = 0; i < 5000; i++)
			buf_addz(out, "a line that comes again and again\n");
	} else if (str_starts_with(path, STR("/status/"))) {
		buf_addf(out, "HTTP/1.1 " STR_FMT " X\r\nContent-Length: 0\r\n\r\n",
			 STR_ARG(str_from(path, 8)));
	} else if (str_starts_with(path, STR("/hops/"))) {
		uint64_t left = 0;

		assert_true(str_to_u64(str_from(path, 6), &left));
		if (left == 0)
			http_ok(out, STR("arrived"));
		else
			buf_addf(out,
				 "HTTP/1.1 302 X\r\nLocation: /hops/%u\r\n"
				 "Content-Length: 0\r\n\r\n",
				 (unsigned)left - 1);
	} else if (str_starts_with(path, STR("/to?"))) {
		buf_addf(out,
			 "HTTP/1.1 307 X\r\nLocation: " STR_FMT "\r\nContent-Length: 0\r\n\r\n",
			 STR_ARG(str_from(path, 4)));
	}
	(void)s;
	return true;
}

static struct http_server server = { .answer = answer };

static int start(void **state)
{
	(void)state;
	http_server_start(&server);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	http_server_stop(&server);
	return 0;
}

/* Fetches a path of the server; "" or the kind of error and the message. */
static int fetch(struct arena *a, struct http_request r, const char *path, str *ret,
		 struct err *err)
{
	r.url = arena_printf(a, "http://127.0.0.1:%u%s", server.port, path);
	r.allow_private = true;
	return http_get(a, &r, ret, err);
}

static void a_body_is_fetched(void **state)
{
	struct arena a;
	struct err err = { 0 };
	str body;

	(void)state;
	arena_init(&a, 0);
	if (fetch(&a, (struct http_request){ 0 }, "/hello", &body, &err) < 0)
		fail_msg("%s", err.msg);
	assert_string_equal(body.p, "hello");
	assert_int_equal(fetch(&a, (struct http_request){ .integrity = STR(HELLO_SHA) }, "/hello",
			       &body, &err),
			 0);
	assert_int_equal(fetch(&a, (struct http_request){ 0 }, "/hops/3", &body, &err), 0);
	assert_string_equal(body.p, "arrived");
	arena_release(&a);
}

static void a_request_says_nothing_about_the_user(void **state)
{
	struct arena a;
	struct err err = { 0 };
	str body;

	(void)state;
	arena_init(&a, 0);
	assert_int_equal(fetch(&a, (struct http_request){ 0 }, "/request", &body, &err), 0);
	assert_true(str_starts_with(body, STR("GET /request HTTP/1.1\r\nHost: 127.0.0.1:")));
	assert_true(str_find(body, STR("User-Agent: slipway/"), 0) > 0);
	assert_true(str_find(body, STR("Authorization"), 0) < 0);
	assert_true(str_find(body, STR("Cookie"), 0) < 0);
	assert_true(str_find(body, STR("Accept-Encoding"), 0) < 0);
	arena_release(&a);
}

#define NORMAL { .max_bytes = 0 }

static const struct {
	const char *path;
	struct http_request r;
	enum err_kind kind;
	const char *message;
} failures[] = {
	{ "/status/404", NORMAL, ERR_NOT_FOUND, "answered with status 404, 200 is expected" },
	{ "/status/410", NORMAL, ERR_NOT_FOUND, "status 410" },
	{ "/status/401", NORMAL, ERR_DENIED, "status 401" },
	{ "/status/403", NORMAL, ERR_DENIED, "status 403" },
	{ "/status/500", NORMAL, ERR_UNAVAILABLE, "status 500" },
	{ "/status/204", NORMAL, ERR_UNAVAILABLE, "status 204" },
	{ "/status/301", NORMAL, ERR_UNAVAILABLE, "status 301" },
	{ "/closed", NORMAL, ERR_UNAVAILABLE, "Empty reply" },
	{ "/garbage", NORMAL, ERR_UNAVAILABLE, "/garbage: " },
	{ "/short", NORMAL, ERR_UNAVAILABLE, "/short: " },
	{ "/silent", { .timeout_ms = 100 }, ERR_UNAVAILABLE, "took longer than 100 ms" },
	{ "/announced", NORMAL, ERR_LIMIT, "is larger than 1048576 bytes" },
	{ "/endless", { .max_bytes = 100000 }, ERR_LIMIT, "is larger than 100000 bytes" },
	{ "/hops/4", NORMAL, ERR_UNAVAILABLE, "redirects more than 3 times" },
	{ "/hello", { .integrity = STR_INIT("sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=") },
	  ERR_DENIED,
	  "is not what integrity says: expected sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=, "
	  "got " HELLO_SHA },
	{ "/hello", { .integrity = STR_INIT("sha256-abc") }, ERR_INVALID, "integrity must be" },
	{ "/hello", { .integrity = STR_INIT("md5-abc") }, ERR_INVALID, "integrity must be" },
	{ "/to?http://169.254.169.254/latest", NORMAL, ERR_DENIED,
	  "169.254.169.254, which is never contacted" },
	{ "/to?http://255.255.255.255/", NORMAL, ERR_DENIED, "which is never contacted" },
	{ "/to?file:///etc/passwd", NORMAL, ERR_INVALID, "does not start with http:// or https://" },
	{ "/to?gopher://127.0.0.1/", NORMAL, ERR_INVALID, "a redirect of http://127.0.0.1:" },
	{ "/to?http://user@127.0.0.1/", NORMAL, ERR_INVALID, "user name" },
	{ "/to?http://2852039166/", NORMAL, ERR_DENIED, "169.254.169.254, which is never" },
};

static void each_failure_says_what_it_was(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(failures); i++) {
		struct err err = { 0 };
		struct arena a;
		str body;

		arena_init(&a, 0);
		if (fetch(&a, failures[i].r, failures[i].path, &body, &err) == 0)
			fail_msg("%s succeeded", failures[i].path);
		if (err.kind != failures[i].kind || !strstr(err.msg, failures[i].message))
			fail_msg("%s: %s: %s", failures[i].path, err_kind_name(err.kind), err.msg);
		arena_release(&a);
	}
}

/* SEC-I: whatever is written, nobody knocks at the canary. */
static const struct {
	const char *url; /* with the canary's port */
	enum err_kind kind;
} guarded[] = {
	{ "http://127.0.0.1:%u/", ERR_DENIED },
	{ "http://127.8.7.6:%u/", ERR_DENIED },
	{ "http://0.0.0.0:%u/", ERR_DENIED },
	{ "http://localhost:%u/", ERR_DENIED },
	{ "http://LOCALHOST:%u/", ERR_DENIED },
	{ "http://[::1]:%u/", ERR_DENIED },
	{ "http://[::]:%u/", ERR_DENIED },
	{ "http://[::ffff:127.0.0.1]:%u/", ERR_DENIED },
	{ "http://[::ffff:7f00:1]:%u/", ERR_DENIED },
	{ "http://[64:ff9b::7f00:1]:%u/", ERR_DENIED },
	{ "https://127.0.0.1:%u/", ERR_DENIED },
	{ "http://10.0.0.1:%u/", ERR_DENIED },
	{ "http://169.254.169.254:%u/latest/meta-data", ERR_DENIED },
	{ "http://224.0.0.1:%u/", ERR_DENIED },
	{ "http://255.255.255.255:%u/", ERR_DENIED },
	{ "http://127.1:%u/", ERR_INVALID },
	{ "http://0:%u/", ERR_INVALID },
	{ "http://2130706433:%u/", ERR_INVALID },
	{ "http://0x7f000001:%u/", ERR_INVALID },
	{ "http://017700000001:%u/", ERR_INVALID },
	{ "http://user@127.0.0.1:%u/", ERR_INVALID },
	{ "http://example.com@127.0.0.1:%u/", ERR_INVALID },
	{ "http://127.0.0.1:%u\\@example.com/", ERR_INVALID },
	{ "http://127.0.0.1\\@example.com:%u/", ERR_INVALID },
	{ "gopher://127.0.0.1:%u/", ERR_INVALID },
	{ "file://127.0.0.1:%u/etc/passwd", ERR_INVALID },
	{ "dict://127.0.0.1:%u/", ERR_INVALID },
};

static void nothing_gets_past_the_guard(void **state)
{
	unsigned before = atomic_load(&server.nr_connections);

	(void)state;
	for (size_t i = 0; i < COUNT(guarded); i++) {
		struct http_request r = { .timeout_ms = 5000 };
		CLEANUP(buf_release) struct buf url = BUF_INIT;
		struct err err = { 0 };
		struct arena a;
		str rest = str_of(guarded[i].url), body;

		arena_init(&a, 0);
		buf_adds(&url, str_cut(&rest, '%'));
		buf_addf(&url, "%u", server.port);
		buf_adds(&url, str_from(rest, 1));
		r.url = buf_str(&url);
		assert_int_equal(http_get(&a, &r, &body, &err), -1);
		if (err.kind != guarded[i].kind)
			fail_msg("%s: %s: %s", url.p, err_kind_name(err.kind), err.msg);
		arena_release(&a);
	}
	assert_int_equal(atomic_load(&server.nr_connections), before);
}

static void no_proxy_of_the_environment_takes_part(void **state)
{
	struct arena a;
	struct err err = { 0 };
	str body;

	(void)state;
	arena_init(&a, 0);
	setenv("http_proxy", "http://127.0.0.1:1/", 1);
	setenv("ALL_PROXY", "socks5://127.0.0.1:1/", 1);
	if (fetch(&a, (struct http_request){ 0 }, "/hello", &body, &err) < 0)
		fail_msg("%s", err.msg);
	unsetenv("http_proxy");
	unsetenv("ALL_PROXY");
	arena_release(&a);
}

static void a_closed_port_and_an_unknown_host_are_told_apart(void **state)
{
	struct http_request refused = { .url = STR("http://127.0.0.1:1/x"), .allow_private = true };
	struct http_request unknown = { .url = STR("http://no-such-host.invalid/x"),
					.timeout_ms = 5000 };
	struct arena a;
	struct err err = { 0 };
	str body;

	(void)state;
	arena_init(&a, 0);
	assert_int_equal(http_get(&a, &refused, &body, &err), -1);
	assert_non_null(strstr(err.msg, "http://127.0.0.1:1/x: no connection: "));
	assert_int_equal(http_get(&a, &unknown, &body, &err), -1);
	/* Without a name server at all, the answer may be that it took too long. */
	if (!strstr(err.msg, "took longer"))
		assert_non_null(
			strstr(err.msg, "the host no-such-host.invalid could not be resolved"));
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_body_is_fetched),
		cmocka_unit_test(a_request_says_nothing_about_the_user),
		cmocka_unit_test(each_failure_says_what_it_was),
		cmocka_unit_test(nothing_gets_past_the_guard),
		cmocka_unit_test(no_proxy_of_the_environment_takes_part),
		cmocka_unit_test(a_closed_port_and_an_unknown_host_are_told_apart),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
