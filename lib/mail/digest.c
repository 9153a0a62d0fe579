/*
 * The digest: which of the waiting matches go in, and the three texts made of them.  Pure: matches,
 * configuration and the time go in, text comes out.  The HTML stays below JP_MAX_DIGEST_HTML (M09),
 * the plain text is wrapped at 72 columns with links left whole on lines of their own (M08).
 */
#include "mail/internal.h"

#include <string.h>

#define WRAP_COLUMNS 72

/* ---- choosing -------------------------------------------------------------------------------- */

static gint64
age_key(const jp_digest_item *item)
{
	return item->posted_at > 0 ? item->posted_at : item->first_seen;
}

static int
compare_items(gconstpointer a, gconstpointer b)
{
	const jp_digest_item *x = *(jp_digest_item *const *)a, *y = *(jp_digest_item *const *)b;

	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	if (age_key(x) != age_key(y))
		return age_key(x) > age_key(y) ? -1 : 1;
	if (x->posting_id != y->posting_id)
		return x->posting_id < y->posting_id ? -1 : 1;
	return (x->match_id > y->match_id) - (x->match_id < y->match_id);
}

/* FALSE when the same posting, or a near-duplicate of it, has been met before. */
static gboolean
is_new(GHashTable *postings, GHashTable *groups, jp_digest_item *item)
{
	if (!g_hash_table_add(postings, &item->posting_id))
		return FALSE;
	return item->group_id == 0 || g_hash_table_add(groups, &item->group_id);
}

GPtrArray *
jp_digest_pick(const GPtrArray *candidates, guint max, guint *n_more)
{
	g_autoptr(GHashTable) postings = g_hash_table_new(g_int64_hash, g_int64_equal);
	g_autoptr(GHashTable) groups = g_hash_table_new(g_int64_hash, g_int64_equal);
	g_autoptr(GPtrArray) sorted = g_ptr_array_sized_new(candidates->len);
	GPtrArray *picked = g_ptr_array_new();

	*n_more = 0;
	for (guint i = 0; i < candidates->len; i++)
		g_ptr_array_add(sorted, candidates->pdata[i]);
	g_ptr_array_sort(sorted, compare_items);
	for (guint i = 0; i < sorted->len; i++) {
		if (!is_new(postings, groups, sorted->pdata[i]))
			continue;
		if (picked->len < max)
			g_ptr_array_add(picked, sorted->pdata[i]);
		else
			(*n_more)++;
	}
	return picked;
}

/* ---- links ----------------------------------------------------------------------------------- */

/* The one place that knows how the links of a mail look: {site.url}/WHAT/TOKEN. */
static char *
site_link(const jp_config *conf, const char *what, const char *token)
{
	gsize len;

	if (!conf->site.url || !*conf->site.url || !token)
		return NULL;
	len = strlen(conf->site.url);
	while (len > 0 && conf->site.url[len - 1] == '/')
		len--;
	return g_strdup_printf("%.*s/%s/%s", (int)len, conf->site.url, what, token);
}

char *
jp_digest_unsubscribe_url(const jp_config *conf, const jp_digest *d)
{
	return site_link(conf, "u", d->token);
}

char *
jp_digest_manage_url(const jp_config *conf, const jp_digest *d)
{
	return site_link(conf, "m", d->manage_token);
}

/* ---- the texts ------------------------------------------------------------------------------- */

/* Long lines are wrapped under their own beginning. */
static void
wrap_line(GString *out, const char *line)
{
	guint indent = (guint)strspn(line, " ");
	g_autofree char *wrapped = NULL;

	if (jp_text_width(line) <= WRAP_COLUMNS) {
		g_string_append(out, line);
		return;
	}
	wrapped = jp_text_wrap(line + indent, WRAP_COLUMNS, MIN(indent, WRAP_COLUMNS / 2));
	g_string_append(out, wrapped);
}

static char *
wrap(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	GString *out = g_string_sized_new(strlen(text) + 64);

	for (guint i = 0; lines[i]; i++) {
		if (i > 0)
			g_string_append_c(out, '\n');
		wrap_line(out, g_strchomp(lines[i]));
	}
	return g_string_free(out, FALSE);
}

static cJSON *
new_context(const jp_templates *t, const jp_config *conf, const jp_digest *d)
{
	return jp_context_new(conf, d, jp_templates_zone(t, d->to->timezone));
}

static char *
make_subject(const jp_templates *t, const cJSON *context, GError **error)
{
	g_autofree char *text = jp_templates_render(t, JP_TEMPLATE_SUBJECT, context, error);

	return text ? jp_text_clean(text, -1, JP_MAX_TITLE, FALSE) : NULL;
}

static char *
make_text(const jp_templates *t, const cJSON *context, GError **error)
{
	g_autofree char *text = jp_templates_render(t, JP_TEMPLATE_PLAIN, context, error);

	return text ? wrap(text) : NULL;
}

/* The title of the page is the subject of the mail. */
static char *
make_html(const jp_templates *t, cJSON *context, GError **error)
{
	g_autofree char *subject = make_subject(t, context, error);

	if (!subject)
		return NULL;
	cJSON_DeleteItemFromObjectCaseSensitive(context, "subject");
	cJSON_AddStringToObject(context, "subject", subject);
	return jp_templates_render(t, JP_TEMPLATE_RICH, context, error);
}

char *
jp_digest_subject(const jp_templates *t, const jp_config *conf, const jp_digest *d, GError **error)
{
	g_autoptr(cJSON) context = new_context(t, conf, d);

	return make_subject(t, context, error);
}

char *
jp_digest_text(const jp_templates *t, const jp_config *conf, const jp_digest *d, GError **error)
{
	g_autoptr(cJSON) context = new_context(t, conf, d);

	return make_text(t, context, error);
}

char *
jp_digest_html(const jp_templates *t, const jp_config *conf, const jp_digest *d, GError **error)
{
	g_autoptr(cJSON) context = new_context(t, conf, d);

	return make_html(t, context, error);
}

/* Takes out as many of the least items as `len` bytes of HTML are too many, by their average. */
static gboolean
shorten(jp_digest *d, gsize len, GError **error)
{
	guint n = d->items->len, less;

	if (n <= 1) {
		g_set_error(error, JP_ERROR, JP_ERROR_CONFIG,
		    "digest.html: over %d bytes with a single posting; shorten the template",
		    JP_MAX_DIGEST_HTML);
		return FALSE;
	}
	less = (guint)((len - JP_MAX_DIGEST_HTML) / (len / n)) + 1;
	less = MIN(less, n - 1);
	g_ptr_array_set_size(d->items, (int)(n - less));
	d->n_more += less;
	return TRUE;
}

gboolean
jp_digest_compose(const jp_templates *t, const jp_config *conf, jp_digest *d, char **subject,
    char **text, char **html, GError **error)
{
	g_autoptr(cJSON) context = new_context(t, conf, d);
	g_autofree char *rich = make_html(t, context, error);

	while (rich && strlen(rich) > JP_MAX_DIGEST_HTML) {
		if (!shorten(d, strlen(rich), error))
			return FALSE;
		cJSON_Delete(context);
		context = new_context(t, conf, d);
		g_free(rich);
		rich = make_html(t, context, error);
	}
	if (!rich)
		return FALSE;
	*text = make_text(t, context, error);
	if (!*text)
		return FALSE;
	*subject = g_strdup(jp_json_text(context, "subject"));
	*html = g_steal_pointer(&rich);
	return TRUE;
}
