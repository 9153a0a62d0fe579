/*
 * What a page says of jobs in a form for machines: every schema.org JobPosting in its JSON-LD
 * blocks (object, list, @graph, list of items; @type as string or list, with or without its
 * vocabulary's address), and where there is none, in its microdata.  A block that cannot be read
 * hides no other. The page is scanned as bytes, with HTML's rules for comments and for elements
 * that hold no markup; no tree is built for JSON-LD.
 */
#include "board/internal.h"

#include <string.h>

/* ---- the objects ---------------------------------------------------------------------------- */

/* "JobPosting", "schema:JobPosting", "https://schema.org/JobPosting". */
static gboolean
is_job_name(const char *name)
{
	const char *tail = name + strlen(name);

	while (tail > name && !strchr("/#:", tail[-1]))
		tail--;
	return g_ascii_strcasecmp(tail, "JobPosting") == 0;
}

static gboolean
is_job(const cJSON *o)
{
	const cJSON *type = cJSON_GetObjectItem(o, "@type"), *t;

	if (cJSON_IsString(type))
		return is_job_name(type->valuestring);
	cJSON_ArrayForEach (t, type)
		if (cJSON_IsString(t) && is_job_name(t->valuestring))
			return TRUE;
	return FALSE;
}

/* An object that says more of itself than its id and its type. */
static gboolean
says_something(const cJSON *o)
{
	const cJSON *m;

	cJSON_ArrayForEach (m, o)
		if (strcmp(m->string, "@id") != 0 && strcmp(m->string, "@type") != 0)
			return TRUE;
	return FALSE;
}

static void
walk(jp_pagedata *d, const cJSON *v, gboolean in_job)
{
	const cJSON *id, *m;

	if (cJSON_IsObject(v)) {
		id = cJSON_GetObjectItemCaseSensitive(v, "@id");
		if (cJSON_IsString(id) && says_something(v) &&
		    !g_hash_table_contains(d->by_id, id->valuestring))
			g_hash_table_insert(d->by_id, id->valuestring, (gpointer)v);
		if (!in_job && is_job(v) && says_something(v)) {
			g_ptr_array_add(d->jobs, (gpointer)v);
			in_job = TRUE;
		}
	}
	if (cJSON_IsObject(v) || cJSON_IsArray(v))
		cJSON_ArrayForEach (m, v)
			walk(d, m, in_job);
}

static void
take_document(jp_pagedata *d, cJSON *doc)
{
	g_ptr_array_add(d->docs, doc);
	walk(d, doc, FALSE);
}

static void
read_block(jp_pagedata *d, const char *text, gsize len)
{
	cJSON *doc = jp_loosejson_parse(text, len, NULL);

	if (doc)
		take_document(d, doc);
	else if (g_strstr_len(text, (gssize)len, "JobPosting"))
		d->n_broken++;
}

const cJSON *
jp_pagedata_follow(const jp_pagedata *d, const cJSON *v)
{
	const cJSON *id, *found = NULL;

	if (!cJSON_IsObject(v) || says_something(v))
		return v;
	id = cJSON_GetObjectItemCaseSensitive(v, "@id");
	if (d && cJSON_IsString(id))
		found = g_hash_table_lookup(d->by_id, id->valuestring);
	return found ? found : v;
}

/* ---- the page as tags ----------------------------------------------------------------------- */

struct tag {
	const char *name;
	gsize name_len;
	const char *attributes, *end; /* end: at its ">" */
};

static const char *
find(const char *p, const char *end, const char *word)
{
	return g_strstr_len(p, end - p, word);
}

/* Past an attribute's quoted value; a quote that is never closed is an ordinary character. */
static const char *
past_quoted(const char *quote, const char *end)
{
	const char *close = memchr(quote + 1, *quote, (gsize)(end - quote - 1));

	return close ? close + 1 : quote + 1;
}

/* Reads the tag at p ("<" and a letter). */
static void
read_tag(struct tag *t, const char *p, const char *end)
{
	t->name = ++p;
	while (p < end && (g_ascii_isalnum(*p) || *p == '-' || *p == ':'))
		p++;
	t->name_len = (gsize)(p - t->name);
	t->attributes = p;
	while (p < end && *p != '>')
		/* a quote counts only as the beginning of a value */
		p = (*p == '"' || *p == '\'') && (p[-1] == '=' || g_ascii_isspace(p[-1]))
		    ? past_quoted(p, end)
		    : p + 1;
	t->end = MIN(p, end);
}

static gboolean
is_tag(const struct tag *t, const char *name)
{
	return t->name_len == strlen(name) && g_ascii_strncasecmp(t->name, name, t->name_len) == 0;
}

static gboolean
is_name_char(char c)
{
	return !g_ascii_isspace(c) && !strchr("=/>\"'", c);
}

/* The value at p, after "="; *p is moved past it. */
static char *
read_value(const char **p, const char *end)
{
	const char *from = *p, *to;

	if (from < end && (*from == '"' || *from == '\'')) {
		to = memchr(from + 1, *from, (gsize)(end - from - 1));
		to = to ? to : end;
		*p = MIN(to + 1, end);
		return jp_html_decode(from + 1, to - from - 1);
	}
	for (to = from; to < end && !g_ascii_isspace(*to) && *to != '>'; to++)
		;
	*p = to;
	return jp_html_decode(from, to - from);
}

static const char *
past_spaces(const char *p, const char *end)
{
	while (p < end && g_ascii_isspace(*p))
		p++;
	return p;
}

/* An attribute's value, decoded; g_free; NULL when the tag has none of that name. */
static char *
attribute(const struct tag *t, const char *name)
{
	const char *p = t->attributes;

	while (p < t->end) {
		const char *from = p;
		gboolean ours;
		g_autofree char *value = NULL;

		while (p < t->end && is_name_char(*p))
			p++;
		if (p == from) {
			p++;
			continue;
		}
		ours = (gsize)(p - from) == strlen(name) &&
		    g_ascii_strncasecmp(from, name, strlen(name)) == 0;
		p = past_spaces(p, t->end);
		if (p < t->end && *p == '=') {
			p = past_spaces(p + 1, t->end);
			value = read_value(&p, t->end);
		}
		if (ours)
			return value ? g_steal_pointer(&value) : g_strdup("");
	}
	return NULL;
}

/* ---- scanning ------------------------------------------------------------------------------- */

/* Where the text of an element without markup ends: at its end tag. */
static const char *
raw_end(const struct tag *t, const char *p, const char *end)
{
	for (; p < end; p++) {
		p = memchr(p, '<', (gsize)(end - p));
		if (!p)
			break;
		if ((gsize)(end - p) > t->name_len + 2 && p[1] == '/' &&
		    g_ascii_strncasecmp(p + 2, t->name, t->name_len) == 0 &&
		    !g_ascii_isalnum(p[2 + t->name_len]))
			return p;
	}
	return end;
}

static gboolean
is_raw(const struct tag *t)
{
	static const char *const names[] = {
	    "script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"};

	for (guint i = 0; i < G_N_ELEMENTS(names); i++)
		if (is_tag(t, names[i]))
			return TRUE;
	return FALSE;
}

static void
read_script(jp_pagedata *d, const struct tag *t, const char *from, const char *to)
{
	g_autofree char *type = attribute(t, "type");

	if (!type)
		return;
	g_strstrip(type);
	type[strcspn(type, "; ")] = '\0';
	if (g_ascii_strcasecmp(type, "application/ld+json") == 0)
		read_block(d, from, (gsize)(to - from));
}

static void
read_link(jp_pagedata *d, const struct tag *t)
{
	g_autofree char *rel = attribute(t, "rel");

	if (!d->canonical && rel && g_ascii_strcasecmp(rel, "canonical") == 0)
		d->canonical = attribute(t, "href");
}

/* Reads the tag at p; gives where to go on. */
static const char *
scan_tag(jp_pagedata *d, const char *p, const char *end)
{
	struct tag t;
	const char *from, *to;

	read_tag(&t, p, end);
	from = MIN(t.end + 1, end);
	if (is_tag(&t, "link"))
		read_link(d, &t);
	if (!is_raw(&t))
		return from;
	to = raw_end(&t, from, end);
	if (is_tag(&t, "script"))
		read_script(d, &t, from, to);
	return to;
}

static void
scan(jp_pagedata *d, const char *p, const char *end)
{
	while ((p = memchr(p, '<', (gsize)(end - p)))) {
		const char *close;

		if (end - p > 3 && memcmp(p, "<!--", 4) == 0) {
			close = find(p + 4, end, "-->");
			if (!close)
				return;
			p = close + 3;
		} else if (end - p > 1 && g_ascii_isalpha(p[1])) {
			p = scan_tag(d, p, end);
		} else {
			p++;
		}
	}
}

/* ---- pages ---------------------------------------------------------------------------------- */

static jp_pagedata *
pagedata_new(void)
{
	jp_pagedata *d = g_new0(jp_pagedata, 1);

	d->jobs = g_ptr_array_new();
	d->docs = g_ptr_array_new_with_free_func((GDestroyNotify)cJSON_Delete);
	d->by_id = g_hash_table_new(g_str_hash, g_str_equal);
	return d;
}

void
jp_pagedata_free(jp_pagedata *d)
{
	if (!d)
		return;
	g_ptr_array_unref(d->jobs);
	g_hash_table_unref(d->by_id);
	g_ptr_array_unref(d->docs);
	g_free(d->canonical);
	g_free(d);
}

static gboolean
is_json(const char *p, const char *end)
{
	while (p < end && strchr("\xef\xbb\xbf \t\r\n", *p))
		p++;
	return p < end && (*p == '{' || *p == '[');
}

jp_pagedata *
jp_pagedata_parse(const char *page, gsize len)
{
	jp_pagedata *d = pagedata_new();

	d->is_json = is_json(page, page + len);
	if (d->is_json)
		read_block(d, page, len);
	else
		scan(d, page, page + len);
	if (d->jobs->len == 0 && g_strstr_len(page, (gssize)len, "schema.org/JobPosting"))
		take_document(d, jp_microdata_read(page, len));
	return d;
}
