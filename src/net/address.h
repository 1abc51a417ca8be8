/* address.h - whom a program may talk to on somebody else's word.
 *
 * A URL in a repository must not reach what only this machine can reach: itself,
 * its network, its cloud's metadata service.  The IANA special-purpose registries
 * as a table; addresses that hold an IPv4 address are judged as special anyway.
 */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include "base/buf.h"

struct sockaddr;

enum address_kind {
	ADDRESS_PUBLIC,
	ADDRESS_PRIVATE, /* this machine, a private network, documentation: if the user says so */
	ADDRESS_NEVER,	 /* link-local (metadata services), multicast, reserved, unknown families */
};

enum address_kind address_kind(const struct sockaddr *address) NONNULL;
/* The address without its port, as people write it. */
void address_add(struct buf *b, const struct sockaddr *address) NONNULL;

#endif
