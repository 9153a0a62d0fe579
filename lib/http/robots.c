/*
 * robots.txt as RFC 9309 has it: the rules of the groups for us, merged, else of those for "*"; the
 * longest match decides, Allow on a tie; "*" and "$"; percent-encoding made alike on both sides.
 * Crawl-delay, which is not in the RFC, is read too.  Pure; nothing in a file is an error.
 */
#include <string.h>

#include "http/internal.h"

/* What is parsed of a file: the RFC asks for 500 KiB at least. */
#define MAX_TEXT (512 * JP_KIB)
/* A delay longer than that would be a refusal. */
#define MAX_DELAY JP_MINUTE

struct rule {
	gboolean allows;
	char *pattern; /* normalised */
};

struct jp_robots {
	GPtrArray *rules; /* of struct rule */
	gint64 delay;     /* ms; 0: none */
};

/* ---- life ------------------------------------------------------------------------------------ */

static void
rule_free(gpointer p)
{
	struct rule *r = p;

	g_free(r->pattern);
	g_free(r);
}

static jp_robots *
robots_new(void)
{
	jp_robots *r = g_new0(jp_robots, 1);

	r->rules = g_ptr_array_new_with_free_func(rule_free);
	return r;
}

gint64
jp_http_rules_delay(const char *text)
{
	g_autoptr(jp_robots) r = jp_robots_parse(text, strlen(text), JP_AGENT_TOKEN);

	return jp_robots_delay(r);
}

void
jp_robots_free(jp_robots *r)
{
	if (!r)
		return;
	g_ptr_array_unref(r->rules);
	g_free(r);
}

/* ---- percent-encoding ------------------------------------------------------------------------ */

static gboolean
is_unreserved(guchar c)
{
	return g_ascii_isalnum((char)c) || c == '-' || c == '.' || c == '_' || c == '~';
}

/* Octets that need no code are decoded, those that need one have it in capitals.  In a path "*" and
 * "$" are octets like others, so a pattern writes them as %2A and %24. */
static char *
normalise(const char *text, gsize len, gboolean is_pattern)
{
	GString *out = g_string_sized_new(len);

	for (gsize i = 0; i < len; i++) {
		guchar c = (guchar)text[i];
		gboolean is_code = c == '%' && i + 2 < len && g_ascii_isxdigit(text[i + 1]) &&
		    g_ascii_isxdigit(text[i + 2]);

		if (is_code) {
			c = (guchar)(g_ascii_xdigit_value(text[i + 1]) * 16 +
			    g_ascii_xdigit_value(text[i + 2]));
			i += 2;
		}
		if (is_unreserved(c) ||
		    (!is_code && c > 0x20 && c < 0x7f && c != '%' &&
			(is_pattern || (c != '*' && c != '$'))))
			g_string_append_c(out, (char)c);
		else
			g_string_append_printf(out, "%%%02X", c);
	}
	return g_string_free(out, FALSE);
}

/* ---- parsing --------------------------------------------------------------------------------- */

struct reader {
	const char *agent;
	jp_robots *ours, *all;        /* of the groups that name us, and of those for everybody */
	gboolean names_us;            /* some group does */
	gboolean is_ours, is_for_all; /* the group at hand */
	gboolean has_rules;           /* it has begun: the next User-agent begins another */
};

static gboolean
is_key(const char *line, gsize n, const char *key)
{
	return n == strlen(key) && g_ascii_strncasecmp(line, key, n) == 0;
}

static void
read_agent(struct reader *in, const char *value, gsize len)
{
	gsize n = 0;

	if (in->has_rules)
		in->is_ours = in->is_for_all = in->has_rules = FALSE;
	while (n < len && (g_ascii_isalpha(value[n]) || value[n] == '_' || value[n] == '-'))
		n++;
	if (n > 0 && is_key(value, n, in->agent))
		in->is_ours = in->names_us = TRUE;
	else if (len > 0 && value[0] == '*' && (len == 1 || g_ascii_isspace(value[1])))
		in->is_for_all = TRUE;
}

static void
add_rule(jp_robots *r, gboolean allows, const char *value, gsize len)
{
	struct rule *rule = g_new0(struct rule, 1);

	rule->allows = allows;
	rule->pattern = normalise(value, len, TRUE);
	g_ptr_array_add(r->rules, rule);
}

static void
read_rule(struct reader *in, gboolean allows, const char *value, gsize len)
{
	in->has_rules = TRUE;
	if (len == 0 || len > JP_MAX_URL)
		return; /* an empty one says nothing; no URL of ours is longer */
	if (in->is_ours)
		add_rule(in->ours, allows, value, len);
	if (in->is_for_all)
		add_rule(in->all, allows, value, len);
}

static void
read_delay(struct reader *in, const char *value, gsize len)
{
	g_autofree char *text = g_strndup(value, MIN(len, 32));
	double seconds = g_ascii_strtod(text, NULL);
	gint64 ms;

	in->has_rules = TRUE;
	if (!(seconds > 0)) /* not a number neither */
		return;
	ms = seconds > (double)MAX_DELAY / 1000 ? MAX_DELAY : (gint64)(seconds * 1000);
	if (in->is_ours)
		in->ours->delay = MAX(in->ours->delay, ms);
	if (in->is_for_all)
		in->all->delay = MAX(in->all->delay, ms);
}

static void
strip(const char **text, gsize *len)
{
	while (*len > 0 && ((*text)[0] == ' ' || (*text)[0] == '\t')) {
		(*text)++;
		(*len)--;
	}
	while (*len > 0 && ((*text)[*len - 1] == ' ' || (*text)[*len - 1] == '\t'))
		(*len)--;
}

static void
read_line(struct reader *in, const char *line, gsize len)
{
	const char *hash = memchr(line, '#', len), *colon, *value;
	gsize n_key, n_value;

	if (hash)
		len = (gsize)(hash - line);
	colon = memchr(line, ':', len);
	if (!colon)
		return;
	n_key = (gsize)(colon - line);
	value = colon + 1;
	n_value = len - n_key - 1;
	strip(&line, &n_key);
	strip(&value, &n_value);
	if (is_key(line, n_key, "user-agent"))
		read_agent(in, value, n_value);
	else if (is_key(line, n_key, "allow"))
		read_rule(in, TRUE, value, n_value);
	else if (is_key(line, n_key, "disallow"))
		read_rule(in, FALSE, value, n_value);
	else if (is_key(line, n_key, "crawl-delay"))
		read_delay(in, value, n_value);
}

jp_robots *
jp_robots_parse(const char *text, gsize len, const char *agent)
{
	struct reader in = {.agent = agent, .ours = robots_new(), .all = robots_new()};
	const char *end;

	len = MIN(len, MAX_TEXT);
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		text += 3;
		len -= 3;
	}
	end = text + len;
	while (text < end) {
		const char *stop = text;

		while (stop < end && *stop != '\n' && *stop != '\r')
			stop++;
		read_line(&in, text, (gsize)(stop - text));
		text = stop + 1;
	}
	jp_robots_free(in.names_us ? in.all : in.ours);
	return in.names_us ? in.ours : in.all;
}

char *
jp_robots_write(const jp_robots *r)
{
	GString *out = g_string_new("User-agent: *\n");

	if (r->delay > 0)
		g_string_append_printf(out, "Crawl-delay: %" G_GINT64_FORMAT ".%03d\n",
		    r->delay / 1000, (int)(r->delay % 1000));
	for (guint i = 0; i < r->rules->len; i++) {
		const struct rule *rule = g_ptr_array_index(r->rules, i);

		g_string_append_printf(
		    out, "%s: %s\n", rule->allows ? "Allow" : "Disallow", rule->pattern);
	}
	return g_string_free(out, FALSE);
}

/* ---- asking ---------------------------------------------------------------------------------- */

/* Whether the pattern is the path's beginning, or all of it when it ends with "$". */
static gboolean
matches(const char *pattern, const char *path)
{
	const char *star = NULL, *retry = NULL;

	for (;;) {
		if (*pattern == '\0' || (*pattern == '$' && pattern[1] == '\0' && *path == '\0'))
			return TRUE;
		if (*pattern == '*') {
			star = ++pattern;
			retry = path;
		} else if (*path != '\0' && *pattern == *path) {
			pattern++;
			path++;
		} else if (star && *retry != '\0') {
			pattern = star;
			path = ++retry;
		} else
			return FALSE;
	}
}

gboolean
jp_robots_allows(const jp_robots *r, const char *path)
{
	g_autofree char *target = normalise(path, strlen(path), FALSE);
	gsize longest = 0;
	gboolean allows = TRUE;

	if (strcmp(target, "/robots.txt") == 0)
		return TRUE;
	for (guint i = 0; i < r->rules->len; i++) {
		const struct rule *rule = g_ptr_array_index(r->rules, i);
		gsize len = strlen(rule->pattern);

		if (len < longest || (len == longest && !rule->allows) ||
		    !matches(rule->pattern, target))
			continue;
		longest = len;
		allows = rule->allows;
	}
	return allows;
}

gint64
jp_robots_delay(const jp_robots *r)
{
	return r->delay;
}
