/*
 * Which templates a digest is made with: NAME.mustache in the operator's folder (mail.templates)
 * where there is one, else the built-in of that name.  All are read and parsed when they are
 * loaded, partials too, so that a broken one is told before the first mail and not in the middle of
 * a run.
 */
#include "mail/internal.h"

#include "base/embed.h"

#include <string.h>

#define SUFFIX    ".mustache"
#define BUILT_IN  "mail/"
#define MAX_ZONES 1000 /* there are some 600 names */
#define MAX_FILES 100  /* a folder of templates has a handful */

struct jp_templates {
	GHashTable *texts; /* name without suffix -> text */
	jp_template *parsed[JP_N_TEMPLATES];
	GHashTable *zones; /* name -> GTimeZone, those met so far */
};

static const char *
name_of(jp_template_kind kind)
{
	switch (kind) {
	case JP_TEMPLATE_SUBJECT:
		return "digest.subject";
	case JP_TEMPLATE_PLAIN:
		return "digest.txt";
	case JP_TEMPLATE_RICH:
		break;
	}
	return "digest.html";
}

static void
load_built_in(jp_templates *t)
{
	for (const jp_embedded_file *f = jp_embedded; f->name; f++)
		if (g_str_has_prefix(f->name, BUILT_IN) && g_str_has_suffix(f->name, SUFFIX))
			g_hash_table_replace(t->texts,
			    g_strndup(f->name + strlen(BUILT_IN),
				strlen(f->name) - strlen(BUILT_IN) - strlen(SUFFIX)),
			    g_strdup(f->data));
}

/* Whatever it is for, a file that does not parse is an error. */
static gboolean
load_file(jp_templates *t, const char *dir, const char *file, GError **error)
{
	g_autofree char *path = g_build_filename(dir, file, NULL);
	g_autoptr(jp_template) parsed = NULL;
	char *text = NULL;
	gsize len = 0;

	if (!jp_file_read(path, JP_MAX_TEMPLATE, &text, &len, error))
		return FALSE;
	g_hash_table_replace(t->texts, g_strndup(file, strlen(file) - strlen(SUFFIX)), text);
	if (strlen(text) != len || !g_utf8_validate(text, -1, NULL)) {
		g_set_error(error, JP_ERROR, JP_ERROR_CONFIG, "%s: not UTF-8 text", path);
		return FALSE;
	}
	parsed = jp_template_parse(text, path, error);
	if (!parsed && error)
		(*error)->code = JP_ERROR_CONFIG;
	return parsed != NULL;
}

static gboolean
load_folder(jp_templates *t, const char *path, GError **error)
{
	g_autoptr(GError) local = NULL;
	g_autoptr(GDir) dir = g_dir_open(path, 0, &local);
	const char *file;
	guint n = 0;

	if (!dir) {
		g_set_error(error, JP_ERROR, JP_ERROR_CONFIG, "mail.templates: %s", local->message);
		return FALSE;
	}
	while ((file = g_dir_read_name(dir))) {
		if (*file == '.' || !g_str_has_suffix(file, SUFFIX))
			continue;
		if (++n > MAX_FILES) {
			g_set_error(error, JP_ERROR, JP_ERROR_CONFIG,
			    "mail.templates: %s: over %d templates", path, MAX_FILES);
			return FALSE;
		}
		if (!load_file(t, path, file, error))
			return FALSE;
	}
	return TRUE;
}

jp_templates *
jp_templates_load(const jp_config *conf, GError **error)
{
	g_autoptr(jp_templates) t = g_new0(jp_templates, 1);

	t->texts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	t->zones = g_hash_table_new_full(
	    g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_time_zone_unref);
	load_built_in(t);
	if (conf->mail.templates && !load_folder(t, conf->mail.templates, error))
		return NULL;
	for (int i = 0; i < JP_N_TEMPLATES; i++) {
		const char *name = name_of((jp_template_kind)i);

		t->parsed[i] = jp_template_parse(g_hash_table_lookup(t->texts, name), name, error);
		if (!t->parsed[i])
			return NULL;
	}
	return g_steal_pointer(&t);
}

void
jp_templates_free(jp_templates *t)
{
	if (!t)
		return;
	for (int i = 0; i < JP_N_TEMPLATES; i++)
		jp_template_free(t->parsed[i]);
	g_hash_table_unref(t->texts);
	g_hash_table_unref(t->zones);
	g_free(t);
}

GTimeZone *
jp_templates_zone(const jp_templates *t, const char *name)
{
	const char *key = name ? name : "";
	GTimeZone *zone = g_hash_table_lookup(t->zones, key);

	if (zone)
		return zone;
	if (g_hash_table_size(t->zones) >= MAX_ZONES)
		g_hash_table_remove_all(t->zones);
	zone = jp_schedule_zone(key);
	g_hash_table_insert(t->zones, g_strdup(key), zone);
	return zone;
}

static const char *
find_partial(const char *name, gpointer data)
{
	return g_hash_table_lookup(data, name);
}

char *
jp_templates_render(
    const jp_templates *t, jp_template_kind kind, const cJSON *context, GError **error)
{
	return jp_template_render(t->parsed[kind], context,
	    kind == JP_TEMPLATE_RICH ? JP_TEMPLATE_HTML : JP_TEMPLATE_TEXT, find_partial, t->texts,
	    error);
}
