#include "net/address.h"
#include "net/url.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *text, *normal, *host;
	uint16_t port;
} good[] = {
	{ "http://example.com", "http://example.com/", "example.com", 80 },
	{ "HTTPS://Example.COM:443/A?b=c#frag", "https://example.com/A?b=c", "example.com", 443 },
	{ "https://h:8443?q", "https://h:8443/?q", "h", 8443 },
	{ "http://[2001:DB8::1]:81/x", "http://[2001:db8::1]:81/x", "2001:db8::1", 81 },
	{ "http://192.0.2.1/%41", "http://192.0.2.1/%41", "192.0.2.1", 80 },
	{ "http://1.example/", "http://1.example/", "1.example", 80 },
	{ "http://a_b.x-y.z/@user/p:1", "http://a_b.x-y.z/@user/p:1", "a_b.x-y.z", 80 },
};

static void a_url_is_read_into_its_parts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		struct err err = { 0 };
		struct arena a;
		struct url u;

		arena_init(&a, 0);
		if (url_parse(&a, str_of(good[i].text), &u, &err) < 0)
			fail_msg("%s: %s", good[i].text, err.msg);
		assert_string_equal(u.text.p, good[i].normal);
		assert_string_equal(u.host.p, good[i].host);
		assert_int_equal(u.port, good[i].port);
		/* Normal is normal. */
		assert_int_equal(url_parse(&a, u.text, &u, &err), 0);
		assert_string_equal(u.text.p, good[i].normal);
		arena_release(&a);
	}
}

/* SEC-I: what two readers could take for two things. */
static const char *const ambiguous[] = {
	"", "http", "http:/x", "//x", "gopher://x/", "file:///etc/passwd", "ftp://x", "javascript:x",
	"http://", "http:///x", "http://:80/", "http://?x", "http://#x",
	"http://127.1/", "http://0/", "http://2130706433/", "http://0x7f000001/", "http://0x7f.1/",
	"http://0177.0.0.1/", "http://127.0.0.01/", "http://127.0.0.256/", "http://1.2.3.4.5/",
	"http://127.0.0.1./", "http://localhost./", "http://a..b/", "http://.a/", "http://-a/",
	"http://a-/", "http://a/%", "http://a/%4", "http://a/%zz", "http://%31%32%37.0.0.1/",
	"http://user@host/", "http://user:pw@host/", "http://@host/", "http://host@evil@x/",
	"http:\\\\host/", "http://host\\@evil/", "http://evil#@host\\", "http://ho st/",
	"http://host/a b", "http://host/\n", "http://host\t/", "http://host/\177", "http://h\303\266/",
	"http://\342\221\240/", "http://host:/", "http://host:0/", "http://host:65536/",
	"http://host:080808/", "http://host:+80/", "http://host:8a/", "http://host:80:90/",
	"http://[::1/", "http://::1/", "http://[]/", "http://[::1%25eth0]/", "http://[127.0.0.1]/",
	"http://[::1]x/", "http://[::1]]/", "http://x[::1]/", "http://host/[x]", "http://[v1.x]/",
};

static void what_could_be_read_in_two_ways_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(ambiguous); i++) {
		struct err err = { 0 };
		struct arena a;
		struct url u;

		arena_init(&a, 0);
		if (url_parse(&a, str_of(ambiguous[i]), &u, &err) == 0)
			fail_msg("%s was read as %s", ambiguous[i], u.text.p);
		assert_int_equal(err.kind, ERR_INVALID);
		assert_true(err.msg[0] != '\0');
		arena_release(&a);
	}
}

static void a_url_has_a_limit(void **state)
{
	static char text[URL_MAX + 2] = "http://a/";
	struct err err;
	struct arena a;
	struct url u;

	(void)state;
	arena_init(&a, 0);
	memset(text + 9, 'x', sizeof(text) - 10);
	assert_int_equal(url_parse(&a, (str){ text, URL_MAX }, &u, &err), 0);
	assert_int_equal(url_parse(&a, (str){ text, URL_MAX + 1 }, &u, &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	arena_release(&a);
}

static void nothing_redirects_from_https_to_http(void **state)
{
	static const struct {
		const char *from, *to;
		int ret;
	} cases[] = {
		{ "http://a", "http://b", 0 },
		{ "http://a", "https://b", 0 },
		{ "https://a", "https://b", 0 },
		{ "https://a", "http://a", -1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err err;
		struct arena a;
		struct url from, to;

		arena_init(&a, 0);
		assert_int_equal(url_parse(&a, str_of(cases[i].from), &from, &err), 0);
		assert_int_equal(url_parse(&a, str_of(cases[i].to), &to, &err), 0);
		assert_int_equal(url_may_redirect(&from, &to, &err), cases[i].ret);
		arena_release(&a);
	}
}

static const struct {
	const char *address;
	enum address_kind kind;
} addresses[] = {
	{ "0.0.0.0", ADDRESS_PRIVATE },		{ "10.0.0.1", ADDRESS_PRIVATE },
	{ "9.255.255.255", ADDRESS_PUBLIC },	{ "11.0.0.0", ADDRESS_PUBLIC },
	{ "100.63.255.255", ADDRESS_PUBLIC },	{ "100.64.0.0", ADDRESS_PRIVATE },
	{ "100.127.255.255", ADDRESS_PRIVATE },	{ "100.128.0.0", ADDRESS_PUBLIC },
	{ "127.0.0.1", ADDRESS_PRIVATE },	{ "127.255.255.255", ADDRESS_PRIVATE },
	{ "169.254.169.254", ADDRESS_NEVER },	{ "169.253.0.1", ADDRESS_PUBLIC },
	{ "172.15.0.1", ADDRESS_PUBLIC },	{ "172.16.0.1", ADDRESS_PRIVATE },
	{ "172.31.255.255", ADDRESS_PRIVATE },	{ "172.32.0.0", ADDRESS_PUBLIC },
	{ "192.0.0.8", ADDRESS_PRIVATE },	{ "192.0.2.7", ADDRESS_PRIVATE },
	{ "192.88.99.1", ADDRESS_NEVER },	{ "192.168.1.1", ADDRESS_PRIVATE },
	{ "192.169.0.1", ADDRESS_PUBLIC },	{ "198.17.0.0", ADDRESS_PUBLIC },
	{ "198.19.255.255", ADDRESS_PRIVATE },	{ "198.51.100.1", ADDRESS_PRIVATE },
	{ "203.0.113.9", ADDRESS_PRIVATE },	{ "223.255.255.255", ADDRESS_PUBLIC },
	{ "224.0.0.1", ADDRESS_NEVER },		{ "239.1.1.1", ADDRESS_NEVER },
	{ "240.0.0.1", ADDRESS_NEVER },		{ "255.255.255.255", ADDRESS_NEVER },
	{ "8.8.8.8", ADDRESS_PUBLIC },		{ "::", ADDRESS_NEVER },
	{ "::1", ADDRESS_PRIVATE },		{ "::2", ADDRESS_NEVER },
	{ "::ffff:127.0.0.1", ADDRESS_NEVER },	{ "::ffff:8.8.8.8", ADDRESS_NEVER },
	{ "::127.0.0.1", ADDRESS_NEVER },	{ "64:ff9b::7f00:1", ADDRESS_NEVER },
	{ "64:ff9b:1::1", ADDRESS_NEVER },	{ "100::1", ADDRESS_NEVER },
	{ "2001::1", ADDRESS_NEVER },		{ "2001:1ff::", ADDRESS_NEVER },
	{ "2001:200::1", ADDRESS_PUBLIC },	{ "2001:db8::1", ADDRESS_PRIVATE },
	{ "2002:7f00:1::", ADDRESS_NEVER },	{ "2606:4700::1111", ADDRESS_PUBLIC },
	{ "3fff:fff::", ADDRESS_PRIVATE },	{ "4000::", ADDRESS_NEVER },
	{ "fc00::1", ADDRESS_PRIVATE },		{ "fdff::1", ADDRESS_PRIVATE },
	{ "fe80::1", ADDRESS_NEVER },		{ "fec0::1", ADDRESS_NEVER },
	{ "ff02::1", ADDRESS_NEVER },
};

static void each_special_network_is_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(addresses); i++) {
		CLEANUP(buf_release) struct buf b = BUF_INIT;
		struct sockaddr_in in = { .sin_family = AF_INET };
		struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
		const struct sockaddr *address = (const struct sockaddr *)&in6;

		if (inet_pton(AF_INET, addresses[i].address, &in.sin_addr) == 1)
			address = (const struct sockaddr *)&in;
		else
			assert_int_equal(inet_pton(AF_INET6, addresses[i].address, &in6.sin6_addr),
					 1);
		if (address_kind(address) != addresses[i].kind)
			fail_msg("%s is %d", addresses[i].address, address_kind(address));
		address_add(&b, address);
		assert_string_equal(b.p, addresses[i].address);
	}
}

static void an_unknown_family_is_never_contacted(void **state)
{
	struct sockaddr un = { .sa_family = AF_UNIX };

	(void)state;
	assert_int_equal(address_kind(&un), ADDRESS_NEVER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_url_is_read_into_its_parts),
		cmocka_unit_test(what_could_be_read_in_two_ways_is_refused),
		cmocka_unit_test(a_url_has_a_limit),
		cmocka_unit_test(nothing_redirects_from_https_to_http),
		cmocka_unit_test(each_special_network_is_known),
		cmocka_unit_test(an_unknown_family_is_never_contacted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
