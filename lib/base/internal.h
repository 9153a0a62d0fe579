/* What the files of base share with each other and nobody else. */
#ifndef JP_BASE_INTERNAL_H
#define JP_BASE_INTERNAL_H

#include "base/base.h"

/* signal.c: handlers for SIGINT and SIGTERM, SIGPIPE ignored. */
void jp_signal_init(void);
/* clock.c: freezes the clock when JP_CLOCK is set; FALSE if it is no RFC 3339 time. */
gboolean jp_clock_init(void);
/* cli.c and help.c */
gboolean jp_cli_takes_value(const struct jp_opt *opt);
/* Writes the help of one verb, or of the whole program (verb NULL), to stdout. */
void jp_cli_help(const struct jp_cli *cli, const struct jp_verb *verb);

/* ---- JSON without its long strings (jsonbrief.c) ------------------------------------- */

/*
 * `text` is UTF-8 without NUL.  With `whole` no string is left out and every byte of the result
 * stands where it did.  *too_deep: where it nests too deeply, else NULL.
 */
typedef struct jp_json_brief jp_json_brief;
jp_json_brief *
jp_json_brief_new(const char *text, gsize len, gboolean whole, const char **too_deep);
const char *jp_json_brief_text(const jp_json_brief *b); /* for cJSON; borrowed */
/* Puts the strings left out into what cJSON made of the text. */
void jp_json_brief_give(jp_json_brief *b, cJSON *item);
void jp_json_brief_free(jp_json_brief *b); /* NULL is fine */

#endif
