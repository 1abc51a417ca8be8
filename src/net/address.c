#include "net/address.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

struct special {
	unsigned char prefix[16];
	unsigned bits;
	enum address_kind kind;
};

/* The first that fits decides. */
static const struct special v4[] = {
	{ { 0 }, 8, ADDRESS_PRIVATE },		     /* "this network": reaches ourselves */
	{ { 10 }, 8, ADDRESS_PRIVATE },
	{ { 100, 64 }, 10, ADDRESS_PRIVATE },	     /* carrier-grade NAT */
	{ { 127 }, 8, ADDRESS_PRIVATE },
	{ { 169, 254 }, 16, ADDRESS_NEVER },	     /* link-local: metadata services */
	{ { 172, 16 }, 12, ADDRESS_PRIVATE },
	{ { 192, 0, 0 }, 24, ADDRESS_PRIVATE },	     /* protocol assignments */
	{ { 192, 0, 2 }, 24, ADDRESS_PRIVATE },	     /* documentation */
	{ { 192, 88, 99 }, 24, ADDRESS_NEVER },	     /* 6to4 relays */
	{ { 192, 168 }, 16, ADDRESS_PRIVATE },
	{ { 198, 18 }, 15, ADDRESS_PRIVATE },	     /* benchmarks */
	{ { 198, 51, 100 }, 24, ADDRESS_PRIVATE },   /* documentation */
	{ { 203, 0, 113 }, 24, ADDRESS_PRIVATE },    /* documentation */
	{ { 224 }, 4, ADDRESS_NEVER },		     /* multicast */
	{ { 240 }, 4, ADDRESS_NEVER },		     /* reserved, broadcast */
};

static const struct special v6[] = {
	{ { [15] = 1 }, 128, ADDRESS_PRIVATE },			 /* loopback */
	{ { [10] = 0xff, [11] = 0xff }, 96, ADDRESS_NEVER },	 /* mapped IPv4 */
	{ { 0 }, 96, ADDRESS_NEVER },				 /* unspecified, compatible IPv4 */
	{ { 0x00, 0x64, 0xff, 0x9b }, 96, ADDRESS_NEVER },	 /* NAT64 */
	{ { 0x00, 0x64, 0xff, 0x9b, 0, 1 }, 48, ADDRESS_NEVER }, /* local NAT64 */
	{ { 0x01, 0x00 }, 64, ADDRESS_NEVER },			 /* discard */
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32, ADDRESS_PRIVATE },	 /* documentation */
	{ { 0x20, 0x01 }, 23, ADDRESS_NEVER },			 /* protocols, Teredo, ORCHID */
	{ { 0x20, 0x02 }, 16, ADDRESS_NEVER },			 /* 6to4 */
	{ { 0x3f, 0xff }, 20, ADDRESS_PRIVATE },		 /* documentation */
	{ { 0x20 }, 3, ADDRESS_PUBLIC },			 /* all that is given out */
	{ { 0xfc }, 7, ADDRESS_PRIVATE },			 /* unique local */
	{ { 0 }, 0, ADDRESS_NEVER },				 /* link-local, multicast, the rest */
};

static bool fits(const unsigned char *address, const struct special *s)
{
	unsigned bytes = s->bits / 8, bits = s->bits % 8;

	if (memcmp(address, s->prefix, bytes) != 0)
		return false;
	return bits == 0 || (address[bytes] ^ s->prefix[bytes]) >> (8 - bits) == 0;
}

static enum address_kind find(const unsigned char *address, const struct special *table, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (fits(address, &table[i]))
			return table[i].kind;
	return ADDRESS_PUBLIC;
}

enum address_kind address_kind(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, address, sizeof(in));
		return find((const unsigned char *)&in.sin_addr, v4, COUNT(v4));
	}
	if (address->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, address, sizeof(in6));
		return find((const unsigned char *)&in6.sin6_addr, v6, COUNT(v6));
	}
	return ADDRESS_NEVER;
}

void address_add(struct buf *b, const struct sockaddr *address)
{
	char text[INET6_ADDRSTRLEN] = "an address of an unknown family";
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (address->sa_family == AF_INET) {
		memcpy(&in, address, sizeof(in));
		inet_ntop(AF_INET, &in.sin_addr, text, sizeof(text));
	} else if (address->sa_family == AF_INET6) {
		memcpy(&in6, address, sizeof(in6));
		inet_ntop(AF_INET6, &in6.sin6_addr, text, sizeof(text));
	}
	buf_addz(b, text);
}
