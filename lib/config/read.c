/*
 * jobping.yaml's tree into the struct: each key is looked up in its table, each error has file,
 * line and column.  Types of tasks are a mapping whose names are the operator's, each with the keys
 * of a table of its own (types.c).
 */
#include "config/config.h"
#include "config/internal.h"

#include <string.h>

struct source {
	jp_config *conf;
	const jp_yaml *yaml;
	const char *name;
	GError **error;
};

G_GNUC_PRINTF(3, 4)
static gboolean
refuse_at(const struct source *s, struct jp_yaml_place at, const char *fmt, ...)
{
	g_autofree char *what = NULL;
	va_list ap;

	va_start(ap, fmt);
	what = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	g_set_error(
	    s->error, JP_ERROR, JP_ERROR_CONFIG, "%s:%u:%u: %s", s->name, at.line, at.column, what);
	return FALSE;
}

/* Every key and every section, as a vector.  Free with g_strfreev. */
static char **
known_paths(void)
{
	g_autoptr(GStrvBuilder) names = g_strv_builder_new();

	for (guint i = 0; i < jp_n_keys; i++) {
		const char *path = jp_keys[i].path;

		g_strv_builder_add(names, path);
		for (const char *dot = strchr(path, '.'); dot != NULL; dot = strchr(dot + 1, '.')) {
			g_autofree char *section = g_strndup(path, (gsize)(dot - path));

			g_strv_builder_add(names, section);
		}
	}
	g_strv_builder_add(names, JP_TYPES_PATH);
	return g_strv_builder_end(names);
}

/* TRUE for what might be a key misspelt.  Any other line is not repeated: -C may have been given a
 * file of passwords. */
static gboolean
is_shown(const char *key)
{
	gsize len = strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-.");

	return len <= 40 && key[len] == '\0';
}

static gboolean
unknown_key(const struct source *s, const cJSON *node, const char *path)
{
	struct jp_yaml_place at = jp_yaml_key_place(s->yaml, node);
	g_auto(GStrv) known = known_paths();
	const char *near = jp_closest(path, (const char *const *)known);

	if (strcmp(path, "mail.smtp.password") == 0 || strcmp(path, "db.password") == 0) {
		g_autofree char *variable = jp_key_variable(path);

		return refuse_at(s, at,
		    "%s: a password does not belong here; name a file of mode 0600 in "
		    "%s_file, or set %s",
		    path, path, variable);
	}
	if (!is_shown(node->string))
		return refuse_at(s, at, "this is no key; jobping.yaml(5) lists them");
	if (strchr(node->string, '.') != NULL)
		return refuse_at(s, at, "unknown key '%s'; keys are nested, not dotted", path);
	if (near != NULL)
		return refuse_at(s, at, "unknown key %s; did you mean %s?", path, near);
	return refuse_at(s, at, "unknown key %s; jobping.yaml(5) lists them", path);
}

/* Moves a value's error to its place in the file. */
static gboolean
set_at(const struct source *s, const cJSON *node, const char *path, gboolean ok, GError *error)
{
	if (!ok)
		refuse_at(s, jp_yaml_value_place(s->yaml, node), "%s: %s", path, error->message);
	g_clear_error(&error);
	return ok;
}

/* Where a key's value goes: a struct, and the path that messages name. */
struct target {
	gpointer base;
	const struct jp_key *key;
	const char *path;
};

static gboolean
read_list(const struct source *s, const struct target *t, const cJSON *node)
{
	g_autoptr(GPtrArray) items = g_ptr_array_new();
	GError *error = NULL;
	const cJSON *item;
	gboolean ok;

	if (!cJSON_IsArray(node))
		return refuse_at(s, jp_yaml_value_place(s->yaml, node),
		    "%s: a list such as [a, b] was expected", t->path);
	cJSON_ArrayForEach (item, node) {
		if (!cJSON_IsString(item))
			return refuse_at(s, jp_yaml_value_place(s->yaml, item),
			    "%s: a list of plain text was expected", t->path);
		g_ptr_array_add(items, item->valuestring);
	}
	g_ptr_array_add(items, NULL);
	ok = jp_value_set_list(t->base, t->key, (const char *const *)items->pdata, &error);
	return set_at(s, node, t->path, ok, error);
}

static gboolean
read_key(const struct source *s, const struct target *t, const cJSON *node)
{
	GError *error = NULL;
	gboolean ok;

	if (cJSON_IsNull(node))
		return TRUE; /* "key:" with nothing behind it leaves the default */
	if (t->key->type == JP_KEY_LIST)
		return read_list(s, t, node);
	if (!cJSON_IsString(node))
		return refuse_at(s, jp_yaml_value_place(s->yaml, node),
		    "%s: one value was expected, not a list or keys", t->path);
	ok = jp_value_set(t->base, t->key, node->valuestring, s->conf->dir, &error);
	return set_at(s, node, t->path, ok, error);
}

/* ---- types of tasks -------------------------------------------------------------------------- */

static gboolean
unknown_type_key(const struct source *s, const cJSON *node, const char *path)
{
	struct jp_yaml_place at = jp_yaml_key_place(s->yaml, node);
	g_autoptr(GStrvBuilder) names = g_strv_builder_new();
	g_auto(GStrv) known = NULL;
	const char *near;

	for (guint i = 0; i < jp_n_type_keys; i++)
		g_strv_builder_add(names, jp_type_keys[i].path);
	known = g_strv_builder_end(names);
	near = is_shown(node->string) ? jp_closest(node->string, (const char *const *)known) : NULL;
	if (near != NULL)
		return refuse_at(s, at, "unknown key %s; did you mean %s?", path, near);
	return refuse_at(s, at, "this is no key of a type; jobping.yaml(5) lists them");
}

static gboolean
read_type_keys(const struct source *s, jp_queue_type *type, const cJSON *section)
{
	const cJSON *node;

	cJSON_ArrayForEach (node, section) {
		g_autofree char *path =
		    g_strconcat(JP_TYPES_PATH ".", type->name, ".", node->string, NULL);
		struct target t = {
		    .base = type, .key = jp_type_key_find(node->string), .path = path};

		if (t.key == NULL)
			return unknown_type_key(s, node, path);
		if (!read_key(s, &t, node))
			return FALSE;
	}
	return TRUE;
}

static gboolean
read_type(const struct source *s, const cJSON *node)
{
	struct jp_yaml_place at = jp_yaml_key_place(s->yaml, node);
	GError *error = NULL;
	jp_queue_type *type = jp_types_get(s->conf, node->string, &error);

	if (type == NULL) {
		refuse_at(s, at, JP_TYPES_PATH ": %s", error->message);
		g_error_free(error);
		return FALSE;
	}
	if (!cJSON_IsObject(node) && !cJSON_IsNull(node))
		return refuse_at(s, jp_yaml_value_place(s->yaml, node),
		    JP_TYPES_PATH ".%s: keys were expected below it", type->name);
	if (!read_type_keys(s, type, node))
		return FALSE;
	if (type->command[0] == NULL)
		return refuse_at(s, at,
		    JP_TYPES_PATH ".%s: needs a command, a list such as [jp-db, gc]", type->name);
	return TRUE;
}

static gboolean
read_types(const struct source *s, const cJSON *section)
{
	const cJSON *node;

	if (cJSON_IsNull(section))
		return TRUE;
	if (!cJSON_IsObject(section))
		return refuse_at(s, jp_yaml_value_place(s->yaml, section),
		    JP_TYPES_PATH ": names of types were expected below it");
	cJSON_ArrayForEach (node, section)
		if (!read_type(s, node))
			return FALSE;
	return TRUE;
}

/* ---- sections -------------------------------------------------------------------------------- */

/* TRUE when keys lie below this path. */
static gboolean
is_section(const char *path)
{
	g_autofree char *prefix = g_strconcat(path, ".", NULL);

	for (guint i = 0; i < jp_n_keys; i++)
		if (g_str_has_prefix(jp_keys[i].path, prefix))
			return TRUE;
	return FALSE;
}

/* Reads the members of a mapping; prefix is "" or "mail.smtp.". */
static gboolean
read_section(const struct source *s, const cJSON *section, const char *prefix)
{
	const cJSON *node;

	cJSON_ArrayForEach (node, section) {
		g_autofree char *path = g_strconcat(prefix, node->string, NULL);
		g_autofree char *below = g_strconcat(path, ".", NULL);
		const struct jp_key *key =
		    strchr(node->string, '.') == NULL ? jp_key_find(path) : NULL;

		if (key != NULL) {
			struct target t = {.base = s->conf, .key = key, .path = path};

			if (!read_key(s, &t, node))
				return FALSE;
		} else if (strcmp(path, JP_TYPES_PATH) == 0) {
			if (!read_types(s, node))
				return FALSE;
		} else if (!is_section(path) || strchr(node->string, '.') != NULL) {
			return unknown_key(s, node, path);
		} else if (cJSON_IsObject(node)) {
			if (!read_section(s, node, below))
				return FALSE;
		} else if (!cJSON_IsNull(node)) {
			return refuse_at(s, jp_yaml_value_place(s->yaml, node),
			    "%s: keys were expected below it", path);
		}
	}
	return TRUE;
}

gboolean
jp_config_read(jp_config *conf, const char *text, gsize len, const char *name, GError **error)
{
	g_autoptr(jp_yaml) yaml = jp_yaml_parse(text, len, name, error);
	struct source s = {.conf = conf, .yaml = yaml, .name = name, .error = error};
	const cJSON *root;

	if (yaml == NULL) {
		if (error != NULL && *error != NULL)
			(*error)->code = JP_ERROR_CONFIG; /* a broken file is a bad configuration */
		return FALSE;
	}
	root = jp_yaml_root(yaml);
	if (root == NULL)
		return TRUE;
	if (!cJSON_IsObject(root))
		return refuse_at(
		    &s, jp_yaml_value_place(yaml, root), "keys were expected, not a list");
	return read_section(&s, root, "");
}
