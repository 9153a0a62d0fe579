/*
 * Lists of boards as CSV, as collections of them are published: a header that has a column url, or
 * slug (or token), perhaps kind, name (or company).  The URL says which board it is; where it says
 * nothing, kind and slug do, the kind being the column's or the file's name ("lever.csv").
 *
 * A line that names no board that can be read is refused, with its place, and the others are taken.
 * Boards that are there already stay as they are.
 */
#include "board/internal.h"

#include <string.h>

/* Refused lines of one file that are told one by one. */
#define MAX_TOLD 5

enum column { COL_URL, COL_SLUG, COL_KIND, COL_COMPANY, N_COLS };

static const struct {
	const char *name;
	enum column column;
} headers[] = {
    {"url", COL_URL},
    {"careers_url", COL_URL},
    {"link", COL_URL},
    {"slug", COL_SLUG},
    {"token", COL_SLUG},
    {"kind", COL_KIND},
    {"ats", COL_KIND},
    {"platform", COL_KIND},
    {"name", COL_COMPANY},
    {"company", COL_COMPANY},
};

struct reader {
	jp_board_batch *batch;
	const char *name;
	int at[N_COLS];         /* place of each column; -1: not there */
	const jp_adapter *hint; /* of the file's name, else of the line before; NULL */
	GHashTable *known;      /* "kind:token" of all boards */
	jp_board_tally *tally;
	guint n_told;
};

/* ---- the header ------------------------------------------------------------------------- */

static gboolean
read_header(struct reader *in, const GPtrArray *fields)
{
	for (guint i = 0; i < N_COLS; i++)
		in->at[i] = -1;
	for (guint f = 0; f < fields->len; f++) {
		const char *name = g_strstrip(g_ptr_array_index(fields, f));

		for (guint h = 0; h < G_N_ELEMENTS(headers); h++)
			if (g_ascii_strcasecmp(name, headers[h].name) == 0 &&
			    in->at[headers[h].column] < 0)
				in->at[headers[h].column] = (int)f;
	}
	return in->at[COL_URL] >= 0 || in->at[COL_SLUG] >= 0;
}

gboolean
jp_board_is_csv(const char *text, gsize len)
{
	g_autoptr(GPtrArray) fields = g_ptr_array_new_with_free_func(g_free);
	struct reader in;
	jp_csv csv;

	jp_csv_init(&csv, text, len);
	return jp_csv_next(&csv, fields, NULL) && read_header(&in, fields);
}

/* "lists/lever.csv": the kind. */
static const jp_adapter *
kind_of_file(const char *name)
{
	g_autofree char *base = g_path_get_basename(name);

	base[strcspn(base, ".")] = '\0';
	return jp_adapter_find(base);
}

/* ---- lines ------------------------------------------------------------------------------ */

static const char *
field(const struct reader *in, const GPtrArray *fields, enum column c)
{
	const char *text;

	if (in->at[c] < 0 || (guint)in->at[c] >= fields->len)
		return NULL;
	text = g_strstrip(g_ptr_array_index(fields, (guint)in->at[c]));
	return *text ? text : NULL;
}

static void
refuse(struct reader *in, guint line, const char *why)
{
	in->tally->n_refused++;
	if (!in->tally->refused || ++in->n_told > MAX_TOLD)
		return;
	in->tally->refused(in->name, line, why, in->tally->data);
}

/* By the URL.  Lists are of one service mostly, so that of the line before is tried first. */
static gboolean
by_url(struct reader *in, const char *url, const jp_adapter **adapter, char **token, GError **error)
{
	g_autofree char *found = NULL;

	if (!in->hint || !in->hint->recognise(url, &found))
		return jp_board_name_parse(url, adapter, token, error);
	*adapter = in->hint;
	*token = in->hint->token(found, error);
	return *token != NULL;
}

static gboolean
by_slug(struct reader *in, const GPtrArray *fields, const jp_adapter **adapter, char **token,
    GError **error)
{
	const char *slug = field(in, fields, COL_SLUG), *kind = field(in, fields, COL_KIND);

	*adapter = kind ? jp_adapter_find(kind) : kind_of_file(in->name);
	if (slug && *adapter)
		*token = (*adapter)->token(slug, error);
	else
		g_set_error(error, JP_ERROR, JP_ERROR_DATA, "%s",
		    !slug      ? "neither a URL nor a slug"
			: kind ? "a kind that is not known"
			       : "a slug of no known kind");
	return *token != NULL;
}

static gboolean
read_board(struct reader *in, const GPtrArray *fields, const jp_adapter **adapter, char **token,
    GError **error)
{
	const char *url = field(in, fields, COL_URL);
	g_autoptr(GError) by_slug_error = NULL;

	if (!url)
		return by_slug(in, fields, adapter, token, error);
	if (!g_utf8_validate(url, -1, NULL)) {
		g_set_error_literal(error, JP_ERROR, JP_ERROR_DATA, "the URL is not UTF-8");
		return FALSE;
	}
	if (strstr(url, "://") && by_url(in, url, adapter, token, error))
		return TRUE;
	if (!by_slug(in, fields, adapter, token, error && *error ? &by_slug_error : error))
		return FALSE;
	g_clear_error(error);
	return TRUE;
}

static void
read_line(struct reader *in, const GPtrArray *fields, guint line)
{
	const jp_adapter *adapter = NULL;
	g_autofree char *token = NULL;
	g_autoptr(GError) error = NULL;
	char *name;

	if (!read_board(in, fields, &adapter, &token, &error)) {
		refuse(in, line, error->message);
		return;
	}
	in->hint = adapter;
	name = g_strdup_printf("%s:%s", adapter->kind, token);
	if (!g_hash_table_add(in->known, name)) {
		in->tally->n_known++;
		return;
	}
	jp_board_batch_add(in->batch, adapter, token, field(in, fields, COL_COMPANY));
	in->tally->n_new++;
}

/* ---- the whole -------------------------------------------------------------------------- */

/* "line 8: a quote is never closed" without its line, which is told anyway. */
static const char *
after_line(const char *message)
{
	const char *colon = strstr(message, ": ");

	return g_str_has_prefix(message, "line ") && colon ? colon + 2 : message;
}

static GHashTable *
load_known(jp_db *db)
{
	GHashTable *known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(jp_rows) r = jp_db_query(db, JP_SQL_BOARD_NAMES, JP_NO_ARGS);

	while (jp_rows_next(r))
		g_hash_table_add(known,
		    g_strdup_printf("%s:%s", jp_rows_text(r, JP_COL_BOARD_NAMES_KIND),
			jp_rows_text(r, JP_COL_BOARD_NAMES_TOKEN)));
	return known;
}

static void
read_lines(struct reader *in, jp_csv *csv, GPtrArray *fields)
{
	g_autofree char *rest = NULL;

	for (;;) {
		g_autoptr(GError) error = NULL;

		if (jp_csv_next(csv, fields, &error))
			read_line(in, fields, csv->line);
		else if (error)
			refuse(in, csv->line, after_line(error->message));
		else
			break;
	}
	if (in->n_told <= MAX_TOLD || !in->tally->refused)
		return;
	rest = g_strdup_printf("%u more lines are refused", in->n_told - MAX_TOLD);
	in->tally->refused(in->name, 0, rest, in->tally->data);
}

void
jp_board_import_csv(
    jp_db *db, const char *text, gsize len, const char *name, gint64 now, jp_board_tally *tally)
{
	g_autoptr(GHashTable) known = NULL;
	g_autoptr(GPtrArray) fields = g_ptr_array_new_with_free_func(g_free);
	struct reader in = {.name = name, .hint = kind_of_file(name), .tally = tally};
	jp_csv csv;

	jp_csv_init(&csv, text, len);
	if (!jp_csv_next(&csv, fields, NULL) || !read_header(&in, fields))
		return; /* jp_board_is_csv() said otherwise */
	jp_db_lock(db, JP_BOARD_LOCK);
	in.known = known = load_known(db);
	in.batch = jp_board_batch_new(db, now);
	read_lines(&in, &csv, fields);
	jp_board_batch_close(in.batch);
}
