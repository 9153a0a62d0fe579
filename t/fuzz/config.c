/* Fuzzes jp_config_parse.  Oracle: what was accepted is within the bounds of the table of keys, has
 * all that config.h promises never to be NULL, and holds no control characters; what was refused is
 * a configuration error that names the file. */
#include "config/config.h"
#include "config/internal.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check_text(const char *text, gboolean lines)
{
	g_assert_true(g_utf8_validate(text, -1, NULL));
	for (; *text != '\0'; text++)
		g_assert_false(g_ascii_iscntrl(*text) && !(lines && *text == '\n'));
}

static void
check_rates(const jp_quotas *rates)
{
	g_assert_cmpuint(rates->n, <=, JP_MAX_RATES);
	for (guint i = 0; i < rates->n; i++) {
		g_assert_cmpint(rates->rate[i].n, >, 0);
		g_assert_cmpint(rates->rate[i].window, >=, JP_SECOND);
	}
}

/* base is the struct that the key's table is of. */
static void
check_key(gconstpointer base, const struct jp_key *key)
{
	const char *at = (const char *)base + key->offset;

	switch (key->type) {
	case JP_KEY_INTEGER:
	case JP_KEY_DURATION:
	case JP_KEY_SIZE:
		g_assert_cmpint(*(const gint64 *)at, >=, key->min);
		g_assert_cmpint(*(const gint64 *)at, <=, key->max);
		break;
	case JP_KEY_WORD:
		g_assert_cmpuint(*(const guint *)at, <, g_strv_length((char **)(key->words)));
		break;
	case JP_KEY_LIST:
		for (char *const *p = *(char *const *const *)at; *p != NULL; p++)
			check_text(*p, FALSE);
		break;
	case JP_KEY_TEXT:
	case JP_KEY_LINES:
	case JP_KEY_URL:
	case JP_KEY_ADDRESS:
	case JP_KEY_DOMAIN:
		if (*(char *const *)at != NULL)
			check_text(*(char *const *)at, key->type == JP_KEY_LINES);
		break;
	case JP_KEY_PATH:
		g_assert_true(*(char *const *)at == NULL || g_path_is_absolute(*(char *const *)at));
		break;
	case JP_KEY_DATABASE:
		g_assert_true(*(char *const *)at == NULL || /* a replica that is not set */
		    g_path_is_absolute(*(char *const *)at) ||
		    strstr(*(char *const *)at, "://") != NULL);
		break;
	case JP_KEY_RANGE:
	case JP_KEY_SPAN:
		g_assert_cmpint(((const jp_range *)at)->min, >=, key->min);
		g_assert_cmpint(((const jp_range *)at)->max, <=, key->max);
		g_assert_cmpint(((const jp_range *)at)->min, <=, ((const jp_range *)at)->max);
		break;
	case JP_KEY_RATES:
		check_rates((const jp_quotas *)at);
		break;
	}
}

/* Every type has a name that can be typed, a command, and values in bounds; the names are sorted.
 */
static void
check_types(const jp_config *conf)
{
	const char *last = "";

	g_assert_cmpuint(conf->queue.types->len, >=, 4);
	g_assert_cmpuint(conf->queue.types->len, <=, JP_MAX_TASK_TYPES);
	for (guint i = 0; i < conf->queue.types->len; i++) {
		const jp_queue_type *t = g_ptr_array_index(conf->queue.types, i);

		g_assert_cmpstr(last, <, t->name);
		last = t->name;
		g_assert_true(jp_config_type(conf, t->name) == t);
		g_assert_nonnull(t->command[0]);
		for (guint k = 0; k < jp_n_type_keys; k++)
			check_key(t, &jp_type_keys[k]);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(jp_config) conf = NULL;

	if (!jp_config_parse(&conf, (const char *)data, len, "fuzz", "/site", &error)) {
		g_assert_error(error, JP_ERROR, JP_ERROR_CONFIG);
		g_assert_true(g_str_has_prefix(error->message, "fuzz:"));
		g_assert_null(conf);
		return 0;
	}
	g_assert_no_error(error);
	for (guint i = 0; i < jp_n_keys; i++)
		check_key(conf, &jp_keys[i]);
	check_types(conf);
	g_assert_nonnull(conf->site.name);
	g_assert_nonnull(conf->site.key_file);
	g_assert_nonnull(conf->mail.domain);
	g_assert_nonnull(conf->mail.from_name);
	g_assert_nonnull(conf->mail.sendmail[0]);
	g_assert_null(conf->mail.smtp.password);
	return 0;
}
