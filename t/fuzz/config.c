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
check_key(const jp_config *conf, const struct jp_key *key)
{
	const char *at = (const char *)conf + key->offset;

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
		g_assert_true(
		    g_path_is_absolute(conf->database) || strstr(conf->database, "://") != NULL);
		break;
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
	g_assert_nonnull(conf->site.name);
	g_assert_nonnull(conf->site.key_file);
	g_assert_nonnull(conf->mail.domain);
	g_assert_nonnull(conf->mail.from_name);
	g_assert_nonnull(conf->mail.sendmail[0]);
	g_assert_null(conf->mail.smtp.password);
	return 0;
}
