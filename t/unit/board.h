/*
 * Shared by the tests of adapters: bodies into listings, and what is expected of a posting as
 * lines of "id, path in its JSON, value".
 */
#ifndef T_UNIT_BOARD_H
#define T_UNIT_BOARD_H

#include <string.h>

#include "board/board.h"

/* One expectation: the value is JSON text, or "~words" for a string that contains them. */
struct expected {
	const char *id, *path, *value;
};

#define assert_has(text, part) g_assert_nonnull(strstr((text), (part)))

static G_GNUC_UNUSED char *
fixture(const char *kind, const char *file, gsize *len)
{
	g_autofree char *path = g_build_filename("t/data/boards", kind, file, NULL);
	char *body = NULL;

	g_assert_true(g_file_get_contents(path, &body, len, NULL));
	return body;
}

static G_GNUC_UNUSED jp_listing *
read_body(const char *kind, const char *token, const char *company, const char *body)
{
	g_autoptr(GError) error = NULL;
	jp_listing *l = jp_listing_new();

	jp_board_parse(l, kind, token, company, body, strlen(body), 0, &error);
	g_assert_no_error(error);
	return l;
}

static G_GNUC_UNUSED jp_listing *
read_fixture(const char *kind, const char *token, const char *file)
{
	gsize len;
	g_autofree char *body = fixture(kind, file, &len);

	return read_body(kind, token, NULL, body);
}

/* The details of one item, read alone. */
static G_GNUC_UNUSED jp_listing *
read_detail(const char *kind, const char *token, const char *id, const char *file)
{
	g_autoptr(GError) error = NULL;
	jp_listing *l = jp_listing_new();
	gsize len;
	g_autofree char *body = fixture(kind, file, &len);

	jp_board_parse_detail(l, kind, token, NULL, id, body, len, 0, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(l->postings->len, ==, 1);
	return l;
}

/* What is no detail is refused with words. */
static G_GNUC_UNUSED gboolean
refused_detail(const char *kind, const char *body)
{
	g_autoptr(jp_listing) l = jp_listing_new();
	g_autoptr(GError) error = NULL;

	if (jp_board_parse_detail(l, kind, "acme.wd1/x", NULL, "1", body, strlen(body), 0, &error))
		return FALSE;
	return error && *error->message && l->postings->len == 0;
}

/* Page n of a listing into l; TRUE when another is to follow. */
static G_GNUC_UNUSED gboolean
parse_page(jp_listing *l, const char *kind, const char *token, const char *file, guint page)
{
	const jp_board_ref b = {.token = token};
	g_autoptr(GError) error = NULL;
	gboolean more = FALSE;
	gsize len;
	g_autofree char *body = fixture(kind, file, &len);

	jp_adapter_find(kind)->parse(l, &b, body, len, page, 0, &more, &error);
	g_assert_no_error(error);
	return more;
}

static G_GNUC_UNUSED char *
page_url(const jp_adapter *a, const char *token, guint page)
{
	const jp_board_ref b = {.token = token};
	jp_page_request r = {0};
	char *url;

	a->request(&b, page, &r);
	url = g_steal_pointer(&r.url);
	jp_page_request_clear(&r);
	return url;
}

/* The body is refused; gives the message. */
static G_GNUC_UNUSED char *
refused(const char *kind, const char *body, gsize len)
{
	g_autoptr(jp_listing) l = jp_listing_new();
	g_autoptr(GError) error = NULL;

	g_assert_false(jp_board_parse(l, kind, "acme", NULL, body, len, 0, &error));
	g_assert_cmpuint(l->postings->len, ==, 0);
	return g_strdup(error->message);
}

static G_GNUC_UNUSED char *
refused_fixture(const char *kind, const char *file)
{
	gsize len;
	g_autofree char *body = fixture(kind, file, &len);

	return refused(kind, body, len);
}

static G_GNUC_UNUSED jp_posting *
find(const jp_listing *l, const char *id)
{
	for (guint i = 0; i < l->postings->len; i++) {
		jp_posting *p = g_ptr_array_index(l->postings, i);

		if (strcmp(p->external_id, id) == 0)
			return p;
	}
	return NULL;
}

/* "Porto, Portugal|Lisbon": the places as given, in their order. */
static G_GNUC_UNUSED char *
places(const jp_posting *p)
{
	GString *s = g_string_new(NULL);

	for (guint i = 0; i < p->locations->len; i++) {
		const jp_location *l = g_ptr_array_index(p->locations, i);

		g_string_append_printf(s, "%s%s", i ? "|" : "", l->text);
	}
	return g_string_free(s, FALSE);
}

/* "locations" is the line of places(), "city.0" a place's part, the rest a key of the JSON. */
static G_GNUC_UNUSED char *
value_of(const jp_posting *p, const char *path)
{
	g_autoptr(cJSON) o = jp_posting_to_json(p);
	const char *dot = strchr(path, '.');
	const cJSON *item;

	if (strcmp(path, "locations") == 0) {
		g_autofree char *line = places(p);
		g_autoptr(cJSON) text = cJSON_CreateString(line);

		return jp_json_line(text);
	}
	if (dot) {
		g_autofree char *key = g_strndup(path, (gsize)(dot - path));

		item = cJSON_GetArrayItem(jp_json_get(o, "locations"), dot[1] - '0');
		item = jp_json_get(item, key);
	} else
		item = jp_json_get(o, path);
	return item ? jp_json_line(item) : g_strdup("missing");
}

static G_GNUC_UNUSED void
check(const jp_listing *l, const struct expected *e, gsize n)
{
	for (gsize i = 0; i < n; i++) {
		const jp_posting *p = find(l, e[i].id);
		g_autofree char *got = NULL;

		if (!p)
			g_error("no posting \"%s\"", e[i].id);
		got = value_of(p, e[i].path);
		if (e[i].value[0] == '~' ? !strstr(got, e[i].value + 1)
					 : strcmp(got, e[i].value) != 0)
			g_error("%s: %s is %s, expected %s", e[i].id, e[i].path, got, e[i].value);
	}
}
#define CHECK(l, table) check((l), (table), G_N_ELEMENTS(table))

/* What every name comes to: "kind:token", or NULL when it is refused. */
struct named {
	const char *given, *name;
};

static G_GNUC_UNUSED void
check_names(const struct named *n, gsize n_names)
{
	for (gsize i = 0; i < n_names; i++) {
		const jp_adapter *a = NULL;
		g_autofree char *token = NULL, *name = NULL;
		g_autoptr(GError) error = NULL;

		if (jp_board_name_parse(n[i].given, &a, &token, &error))
			name = g_strdup_printf("%s:%s", a->kind, token);
		else
			g_assert_error(error, JP_ERROR, (int)JP_ERROR_DATA);
		g_assert_cmpstr(name, ==, n[i].name);
	}
}

static G_GNUC_UNUSED char *
request_url(const jp_adapter *a, const char *token, const char *region, const char *base)
{
	const jp_board_ref b = {.token = token, .region = region, .base_url = base};
	jp_page_request r = {0};
	char *url;

	a->request(&b, 0, &r);
	url = g_steal_pointer(&r.url);
	jp_page_request_clear(&r);
	return url;
}

static G_GNUC_UNUSED void
check_size(const char *kind, const char *file, guint n)
{
	g_autoptr(jp_listing) l = read_fixture(kind, "https://acme.example/x", file);

	g_assert_cmpuint(l->postings->len, ==, n);
	g_assert_cmpuint(l->n_bad, ==, 0);
	g_assert_null(l->incomplete_why);
}

/* R4: what is no listing is refused with words, and is never an empty one. */
static G_GNUC_UNUSED void
check_json_bodies(const char *kind)
{
	static const struct {
		const char *body, *says;
	} bodies[] = {
	    {"", "nothing where JSON"},
	    {"<!doctype html><html><body>Sign in</body></html>", "HTML where JSON"},
	    {"{\"jobs\":[{\"id\":1,", "not JSON"},
	    {"null", ""},
	    {"17", ""},
	    {"{\"jobs\":{}}", ""},
	    {"{\"error\":\"try later\"}", ""},
	};
	g_autofree char *deep = g_strnfill(100000, '[');

	for (guint i = 0; i < G_N_ELEMENTS(bodies); i++) {
		g_autofree char *message = refused(kind, bodies[i].body, strlen(bodies[i].body));

		assert_has(message, bodies[i].says);
	}
	g_free(refused(kind, deep, strlen(deep)));
}

#endif
