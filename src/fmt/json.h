/* json.h - our texts as jansson's values.
 *
 * jansson refuses what is not UTF-8, and then a member would be missing in silence;
 * here such bytes become U+FFFD.
 */
#ifndef FMT_JSON_H
#define FMT_JSON_H

#include "base/buf.h"
#include "base/vec.h"

#include <jansson.h>

/* A string, or null for str_null; never NULL. */
json_t *json_text(str s) NODISCARD;
json_t *json_texts(const struct str_vec *v) NODISCARD NONNULL;

/* The whole value as text with a line feed, `indent` blanks a level, appended. */
void json_add(struct buf *b, const json_t *value, unsigned indent) NONNULL;

#endif
