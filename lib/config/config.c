/*
 * jobping.yaml and the environment become one struct: defaults first, then the file, then the
 * variables, then what follows from other keys, then the checks that concern several.  Who may
 * read and write the file is checked as well (L08), because it decides what is run and sent.
 */
#include "config/config.h"
#include "config/internal.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_PASSWORD                                                                               \
	1024 /* bytes of a password file; tokens of mail services reach some 2,000 bits */

G_GNUC_PRINTF(2, 3)
static gboolean
refuse(GError **error, const char *fmt, ...)
{
	g_autofree char *what = NULL;
	va_list ap;

	va_start(ap, fmt);
	what = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	g_set_error_literal(error, JP_ERROR, JP_ERROR_CONFIG, what);
	return FALSE;
}

/* Whatever went wrong with a file of the configuration, the configuration is bad. */
static gboolean
as_config_error(GError **error)
{
	if (error != NULL && *error != NULL && (*error)->code != JP_ERROR_TEMP)
		(*error)->code = JP_ERROR_CONFIG;
	return FALSE;
}

/* ---- defaults ------------------------------------------------------------------------------- */

static jp_config *
config_new(const char *dir)
{
	jp_config *conf = g_new0(jp_config, 1);

	conf->dir = g_canonicalize_filename(dir, NULL);
	for (guint i = 0; i < jp_n_keys; i++) {
		g_autoptr(GError) error = NULL;

		if (jp_keys[i].type == JP_KEY_LIST)
			*(char ***)((char *)conf + jp_keys[i].offset) = g_new0(char *, 1);
		if (jp_keys[i].def != NULL &&
		    !jp_value_set(conf, &jp_keys[i], jp_keys[i].def, dir, &error))
			g_error("default of %s: %s", jp_keys[i].path, error->message);
	}
	jp_types_init(conf);
	return conf;
}

static char *
default_database(void)
{
	if (geteuid() == 0 && g_getenv("XDG_DATA_HOME") == NULL)
		return g_strdup("/var/lib/jobping/jobping.db");
	return g_build_filename(g_get_user_data_dir(), "jobping", "jobping.db", NULL);
}

/* Gives *text the file of this name beside the database, unless it is set. */
static void
default_beside(const jp_config *conf, char **text, const char *name)
{
	g_autofree char *dir = NULL;

	if (*text != NULL)
		return;
	dir = strstr(conf->database, "://") != NULL ? g_strdup(conf->dir)
						    : g_path_get_dirname(conf->database);
	*text = g_build_filename(dir, name, NULL);
}

static gint64
default_port(jp_tls_mode tls)
{
	switch (tls) {
	case JP_TLS_IMPLICIT:
		return 465;
	case JP_TLS_STARTTLS:
		return 587;
	case JP_TLS_NONE:
		return 25;
	}
	return 0;
}

/* The domain of a checked address. */
static char *
domain_of(const char *address)
{
	const char *at = address != NULL ? strrchr(address, '@') : NULL;

	return g_ascii_strdown(at != NULL ? at + 1 : "localhost", -1);
}

/* Fills what has no default of its own from other keys. */
static void
derive(jp_config *conf)
{
	if (conf->database == NULL)
		conf->database = default_database();
	default_beside(conf, &conf->site.key_file, "jobping.key");
	default_beside(conf, &conf->mail.maildir, "maildir");
	default_beside(conf, &conf->mail.mbox, "mbox");
	if (conf->mail.from_name == NULL)
		conf->mail.from_name = g_strdup(conf->site.name);
	if (conf->mail.domain == NULL)
		conf->mail.domain = domain_of(conf->mail.from);
	if (conf->mail.smtp.port == 0)
		conf->mail.smtp.port = default_port(conf->mail.smtp.tls);
}

/* What no single key can tell. */
static gboolean
check_together(const jp_config *conf, GError **error)
{
	if (conf->mail.retry_min > conf->mail.retry_max)
		return refuse(error, "mail.retry_min is longer than mail.retry_max");
	if (conf->mail.retry_max > conf->mail.give_up)
		return refuse(error, "mail.retry_max is longer than mail.give_up");
	if (conf->mail.smtp.user != NULL && conf->mail.smtp.tls == JP_TLS_NONE)
		return refuse(error,
		    "mail.smtp.user is set and mail.smtp.tls is none: the password would be sent "
		    "in "
		    "clear; use implicit or starttls");
	if (g_strv_length(conf->mail.sendmail) == 0)
		return refuse(error, "mail.sendmail is empty; give a command");
	return TRUE;
}

/* ---- who may read and write it ----------------------------------------------------------- */

/* TRUE when a database's URL holds a password, the only secret that a file may hold. */
static gboolean
url_has_secret(const char *database)
{
	g_autoptr(GUri) uri = NULL;

	if (database == NULL || strstr(database, "://") == NULL)
		return FALSE;
	uri = g_uri_parse(database, G_URI_FLAGS_HAS_PASSWORD, NULL);
	/* One that cannot be read is taken for the worst. */
	return uri == NULL || g_uri_get_password(uri) != NULL ||
	    (g_uri_get_query(uri) != NULL && strstr(g_uri_get_query(uri), "password=") != NULL);
}

static gboolean
has_secret(const jp_config *conf)
{
	return url_has_secret(conf->database) || url_has_secret(conf->stats.database);
}

/* The file must not be writable by others, nor readable once it holds a secret. */
static gboolean
check_mode(const char *path, gboolean secret, GError **error)
{
	struct stat st;

	if (strcmp(path, "-") == 0)
		return TRUE;
	if (stat(path, &st) != 0) {
		jp_error_errno(error, errno, "%s", path);
		return as_config_error(error);
	}
	if (!S_ISREG(st.st_mode))
		return TRUE; /* a pipe has no other writers that its mode would tell of */
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return refuse(error, "%s: others can write it; use chmod go-w", path);
	if (secret && (st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return refuse(
		    error, "%s: it holds a secret and others can read it; use chmod 600", path);
	return TRUE;
}

static gboolean
read_file(jp_config *conf, const char *path, GError **error)
{
	g_autofree char *text = NULL;
	gsize len = 0;
	gboolean ok;

	if (!check_mode(path, FALSE, error))
		return FALSE;
	if (!jp_file_read(path, (gsize)JP_MAX_CONFIG, &text, &len, error))
		return as_config_error(error);
	ok = jp_config_read(conf, text, len, path, error) &&
	    check_mode(path, has_secret(conf), error);
	explicit_bzero(text, len);
	return ok;
}

/* ---- the environment ------------------------------------------------------------------------- */

static gboolean
read_variables(jp_config *conf, GError **error)
{
	g_autofree char *cwd = g_get_current_dir();

	for (guint i = 0; i < jp_n_keys; i++) {
		g_autofree char *name = jp_key_variable(jp_keys[i].path);
		const char *text = g_getenv(name);

		if (text == NULL || *text == '\0')
			continue;
		if (!jp_value_set(conf, &jp_keys[i], text, cwd, error)) {
			g_prefix_error(error, "%s: ", name);
			return FALSE;
		}
	}
	return TRUE;
}

/* A secret: from the environment, else the first line of its file. */
static gboolean
read_secret(char **out, const char *variable, const char *path, const char *what, GError **error)
{
	const char *text = g_getenv(variable);
	gsize len;

	if (text != NULL && *text != '\0') {
		*out = g_strdup(text);
		return TRUE;
	}
	if (path == NULL)
		return TRUE;
	if (!check_mode(path, TRUE, error))
		return FALSE;
	if (!jp_file_read(path, MAX_PASSWORD, out, &len, error))
		return as_config_error(error);
	(*out)[strcspn(*out, "\r\n")] = '\0';
	if (**out == '\0')
		return refuse(error, "%s: no %s in its first line", path, what);
	return TRUE;
}

static gboolean
read_secrets(jp_config *conf, GError **error)
{
	const struct {
		const char *variable;
		jp_service_key *key;
	} keys[] = {
	    {"JP_KEYS_ADZUNA", &conf->keys.adzuna},
	    {"JP_KEYS_JOOBLE", &conf->keys.jooble},
	    {"JP_KEYS_REED", &conf->keys.reed},
	    {"JP_KEYS_USAJOBS", &conf->keys.usajobs},
	};

	if (!read_secret(&conf->mail.smtp.password, JP_PASSWORD_VARIABLE,
		conf->mail.smtp.password_file, "password", error) ||
	    !read_secret(&conf->db.password, JP_DB_PASSWORD_VARIABLE, conf->db.password_file,
		"password", error))
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(keys); i++)
		if (!read_secret(
			&keys[i].key->text, keys[i].variable, keys[i].key->file, "key", error))
			return FALSE;
	return TRUE;
}

/* ---- public --------------------------------------------------------------------------------- */

/* The file to read: the one named, else the first of the usual places that is there.
 * NULL: none. */
static char *
find_file(const char *path)
{
	const char *named = g_getenv("JP_CONFIG");
	g_autofree char *own =
	    g_build_filename(g_get_user_config_dir(), "jobping", "jobping.yaml", NULL);
	const char *const usual[] = {own, "/etc/jobping/jobping.yaml"};

	if (path != NULL)
		return g_strdup(path);
	if (named != NULL && *named != '\0')
		return g_strdup(named);
	for (guint i = 0; i < G_N_ELEMENTS(usual); i++)
		if (access(usual[i], F_OK) == 0 || errno != ENOENT)
			return g_strdup(usual[i]);
	return NULL;
}

/* Everything behind the reading of keys; name is for messages. */
static gboolean
settle(jp_config *conf, const char *name, GError **error)
{
	derive(conf);
	if (check_together(conf, error))
		return TRUE;
	if (name != NULL)
		g_prefix_error(error, "%s: ", name);
	return FALSE;
}

gboolean
jp_config_load(jp_config **out, const char *path, GError **error)
{
	g_autofree char *file = find_file(path);
	g_autofree char *full =
	    file != NULL && strcmp(file, "-") != 0 ? g_canonicalize_filename(file, NULL) : NULL;
	g_autofree char *dir = full != NULL ? g_path_get_dirname(full) : g_get_current_dir();
	jp_config *conf = config_new(dir);

	conf->path = g_strdup(file);
	if ((file == NULL || read_file(conf, file, error)) && read_variables(conf, error) &&
	    settle(conf, file, error) && read_secrets(conf, error)) {
		*out = conf;
		return TRUE;
	}
	jp_config_free(conf);
	return FALSE;
}

gboolean
jp_config_parse(
    jp_config **out, const char *text, gsize len, const char *name, const char *dir, GError **error)
{
	jp_config *conf = config_new(dir);

	if (jp_config_read(conf, text, len, name, error) && settle(conf, name, error)) {
		*out = conf;
		return TRUE;
	}
	jp_config_free(conf);
	return FALSE;
}

static void
wipe(char *secret)
{
	if (secret != NULL)
		explicit_bzero(secret, strlen(secret));
	g_free(secret);
}

void
jp_config_free(jp_config *conf)
{
	if (conf == NULL)
		return;
	wipe(conf->db.password);
	wipe(conf->mail.smtp.password);
	wipe(conf->keys.adzuna.text);
	wipe(conf->keys.jooble.text);
	wipe(conf->keys.reed.text);
	wipe(conf->keys.usajobs.text);
	if (conf->database != NULL)
		explicit_bzero(conf->database, strlen(conf->database));
	if (conf->stats.database != NULL)
		explicit_bzero(conf->stats.database, strlen(conf->stats.database));
	for (guint i = 0; i < jp_n_keys; i++)
		jp_value_clear(conf, &jp_keys[i]);
	g_ptr_array_unref(conf->queue.types);
	g_free(conf->path);
	g_free(conf->dir);
	g_free(conf);
}
