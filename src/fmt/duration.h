/* duration.h - lengths of time as people write and read them.
 *
 * Reading follows the texts GitLab accepts (`3h 30m`, `1 minute`, `2 weeks and
 * 3 days`, `1.5 hrs`, `1:30:00`, `90`): a number without a unit counts seconds, a
 * month is 30 days, a year 365.25 days.  `never` is the caller's business.
 */
#ifndef FMT_DURATION_H
#define FMT_DURATION_H

#include "base/buf.h"
#include "base/err.h"

#define DURATION_TEXT_MAX 256
#define DURATION_MAX_S	  ((uint64_t)100 * 31557600) /* 100 years */

/* Whole seconds, a fraction rounded up.  A length of zero is refused, as GitLab
 * refuses it.  ERR_INVALID says what is accepted. */
int duration_parse(str text, uint64_t *ret_s, struct err *err) NODISCARD NONNULL;

#endif
