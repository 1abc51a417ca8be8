/* What writing and extracting share: the library, the locale, notes, warnings. */
#include "exec/archive_int.h"

#include "os/dl.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

struct archive_library la;

#define ARCHIVE_SYMBOL(fn) DL_SYMBOL(struct archive_library, fn, fn),
static const struct dl_symbol symbols[] = { ARCHIVE_FUNCTIONS(ARCHIVE_SYMBOL) };

static struct dl_library library = {
	"libarchive.so.13", "libarchive13", symbols, COUNT(symbols), &la, DL_INIT,
};

int archive_library_need(struct err *err)
{
	return dl_need(&library, err);
}

/* One for all threads and for good: making one loads character tables, each time. */
static locale_t utf8;
static pthread_once_t utf8_made = PTHREAD_ONCE_INIT;

static void make_utf8(void)
{
	utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

void archive_locale_enter(struct archive_locale *l)
{
	pthread_once(&utf8_made, make_utf8);
	l->before = utf8 != (locale_t)0 ? uselocale(utf8) : (locale_t)0;
}

void archive_locale_leave(struct archive_locale *l)
{
	if (l->before != (locale_t)0)
		uselocale(l->before);
}

void archive_warn(const struct archive_options *o, str name, const char *what)
{
	if (!o->log)
		return;
	buf_addz(o->log, "WARNING: ");
	for (size_t i = 0; i < MIN(name.n, (size_t)500); i++) {
		unsigned char c = (unsigned char)name.p[i];

		buf_addc(o->log, c < 0x20 || c == 0x7f ? '?' : (char)c);
	}
	buf_addf(o->log, ": %s\n", what);
}

/* A note is a skippable frame of zstd (RFC 8878 §3.1.2): magic, length, bytes. */
static const unsigned char note_magic[4] = { 0x5a, 0x2a, 0x4d, 0x18 };

bool archive_note_read(int in, struct buf *ret)
{
	unsigned char head[8];
	size_t n;
	char *at;

	if (pread(in, head, sizeof(head), 0) != (ssize_t)sizeof(head) ||
	    memcmp(head, note_magic, sizeof(note_magic)) != 0)
		return false;
	n = (size_t)head[4] | (size_t)head[5] << 8 | (size_t)head[6] << 16 | (size_t)head[7] << 24;
	if (n > ARCHIVE_NOTE_MAX)
		return false;
	at = buf_room(ret, n);
	if (!at || pread(in, at, n, sizeof(head)) != (ssize_t)n)
		return false;
	buf_added(ret, n);
	return lseek(in, (off_t)(sizeof(head) + n), SEEK_SET) >= 0;
}
