/*
 * The tokenizer of the full-text index, which is declared with SQLite's own "ascii" and can be read
 * and written by any program that has it.  In ours another one stands under that name: what the
 * index is given are words joined by single blanks, folded and without a sign at which "ascii"
 * would split, so both make the same tokens of it, and this one need not fold and copy each byte.
 */
#include <string.h>

#include "db/sqlite.h"

static int
create(void *data, const char **args, int n_args, Fts5Tokenizer **out)
{
	static char nothing; /* FTS5 wants a pointer, we keep nothing behind it */

	(void)data;
	(void)args;
	(void)n_args;
	*out = (Fts5Tokenizer *)&nothing;
	return SQLITE_OK;
}

static void delete (Fts5Tokenizer *t)
{
	(void)t;
}

static int
tokenize(Fts5Tokenizer *t, void *context, int why, const char *text, int len,
    int (*each)(void *, int, const char *, int, int, int))
{
	int rc = SQLITE_OK, at = 0;

	(void)t;
	(void)why;
	while (rc == SQLITE_OK && at < len) {
		const char *blank = memchr(text + at, ' ', (size_t)(len - at));
		int end = blank ? (int)(blank - text) : len;

		if (end > at)
			rc = each(context, 0, text + at, end - at, at, end);
		at = end + 1;
	}
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

gboolean
jp_sqlite_set_words(sqlite3 *db, GError **error)
{
	static const fts5_tokenizer words = {create, delete, tokenize};
	sqlite3_stmt *st = NULL;
	fts5_api *api = NULL;
	int rc = sqlite3_prepare_v2(db, "SELECT fts5(?1)", -1, &st, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_pointer(st, 1, &api, "fts5_api_ptr", NULL);
	if (rc == SQLITE_OK)
		(void)sqlite3_step(st); /* looked at below */
	sqlite3_finalize(st);
	if (rc == SQLITE_OK && api)
		rc = api->xCreateTokenizer(api, "ascii", NULL, (fts5_tokenizer *)&words, NULL);
	return rc == SQLITE_OK || jp_sqlite_fail(db, rc, error);
}
