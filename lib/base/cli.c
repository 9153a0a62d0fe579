/*
 * The command line, by the rules of POSIX (XBD 12.2) and GNU: one table of verbs and options is
 * parsed, explained (help.c) and obeyed.  Parsing goes once over argv and notes options and
 * operands; the verb is the first operand or two; then each option is looked up in the verb's own
 * table and its value checked, so that nothing is set before the whole line was understood.
 */
#include "base/base.h"
#include "base/internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* An option as met; value is NULL for a flag. */
struct given {
	char shown[64]; /* "--limit" or "-l", for messages */
	char letter;    /* 0: by name */
	char *name;
	const char *value;
};

typedef struct parse {
	const struct jp_cli *cli;
	const struct jp_verb *verb; /* NULL until known */
	char *first_word;           /* of a verb of two words, while the second is missing */
	GArray *given;              /* struct given */
	GPtrArray *operands;        /* borrowed from argv */
	gboolean help, version;
} parse;

static void
given_clear(void *p)
{
	struct given *g = p;

	g_free(g->name);
}

static void
parse_clear(struct parse *p)
{
	g_free(p->first_word);
	g_array_free(p->given, TRUE);
	g_ptr_array_free(p->operands, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(parse, parse_clear)

/* Says what is wrong with the command line, and where help is; gives FALSE. */
G_GNUC_PRINTF(2, 3)
static gboolean
usage_error(const struct parse *p, const char *fmt, ...)
{
	g_autofree char *text = NULL;
	const char *verb = p->verb != NULL ? p->verb->name : NULL;
	va_list ap;

	va_start(ap, fmt);
	text = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	jp_warn("%s", text);
	jp_warn(
	    "try '%s%s%s --help'", p->cli->name, verb != NULL ? " " : "", verb != NULL ? verb : "");
	return FALSE;
}

/* ---- looking up ----------------------------------------------------------------------------- */

gboolean
jp_cli_takes_value(const struct jp_opt *opt)
{
	switch (opt->type) {
	case JP_OPT_END:
	case JP_OPT_FLAG:
	case JP_OPT_COUNT:
		return FALSE;
	case JP_OPT_INT:
	case JP_OPT_TEXT:
	case JP_OPT_LIST:
	case JP_OPT_DURATION:
	case JP_OPT_TIME:
		return TRUE;
	}
	return FALSE;
}

static const struct jp_opt *
find_in(const struct jp_opt *opts, char letter, const char *name)
{
	for (; opts != NULL && opts->type != JP_OPT_END; opts++)
		if (letter != 0 ? opts->letter == letter : strcmp(opts->name, name) == 0)
			return opts;
	return NULL;
}

/* Before the verb is known, any verb's option may come. */
static const struct jp_opt *
find_option(const struct parse *p, char letter, const char *name)
{
	const struct jp_opt *opt = NULL;

	if (p->verb != NULL)
		return find_in(p->verb->opts, letter, name);
	for (gsize i = 0; i < p->cli->n_verbs && opt == NULL; i++)
		opt = find_in(p->cli->verbs[i].opts, letter, name);
	return opt;
}

/* The verb of this name; NULL finds the one that works without a name. */
static const struct jp_verb *
find_verb(const struct jp_cli *cli, const char *name)
{
	for (gsize i = 0; i < cli->n_verbs; i++)
		if (g_strcmp0(cli->verbs[i].name, name) == 0)
			return &cli->verbs[i];
	return NULL;
}

static gboolean
begins_verb(const struct jp_cli *cli, const char *word)
{
	g_autofree char *prefix = g_strconcat(word, " ", NULL);

	for (gsize i = 0; i < cli->n_verbs; i++)
		if (cli->verbs[i].name != NULL && g_str_has_prefix(cli->verbs[i].name, prefix))
			return TRUE;
	return FALSE;
}

/* ---- reading argv --------------------------------------------------------------------------- */

static void
note(struct parse *p, char letter, const char *name, const char *value)
{
	struct given g = {.letter = letter, .name = g_strdup(name), .value = value};

	if (letter != 0)
		(void)g_snprintf(g.shown, sizeof(g.shown), "-%c", letter);
	else
		(void)g_snprintf(g.shown, sizeof(g.shown), "--%s", name);
	g_array_append_val(p->given, g);
}

static gboolean
unknown_long(const struct parse *p, const char *name)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	const char *near;

	for (gsize i = 0; i < p->cli->n_verbs; i++) {
		const struct jp_verb *v = &p->cli->verbs[i];

		if (p->verb != NULL && p->verb != v)
			continue;
		for (const struct jp_opt *o = v->opts; o != NULL && o->type != JP_OPT_END; o++)
			g_ptr_array_add(names, (void *)o->name);
	}
	g_ptr_array_add(names, NULL);
	near = jp_closest(name, (const char *const *)names->pdata);
	if (near == NULL)
		return usage_error(p, "unknown option --%s", name);
	return usage_error(p, "unknown option --%s; did you mean --%s?", name, near);
}

/* Reads "--name", "--name=value" or "--name value" at argv[*i]. */
static gboolean
read_long(struct parse *p, int argc, char **argv, int *i)
{
	const char *text = argv[*i] + 2;
	const char *equals = strchr(text, '=');
	g_autofree char *name =
	    equals != NULL ? g_strndup(text, (gsize)(equals - text)) : g_strdup(text);
	const struct jp_opt *opt = find_option(p, 0, name);

	if (opt == NULL && equals == NULL && strcmp(name, "help") == 0)
		return p->help = TRUE;
	if (opt == NULL && equals == NULL && strcmp(name, "version") == 0)
		return p->version = TRUE;
	if (opt == NULL)
		return unknown_long(p, name);
	if (!jp_cli_takes_value(opt)) {
		if (equals != NULL)
			return usage_error(p, "--%s takes no value", name);
		note(p, 0, name, NULL);
	} else if (equals != NULL) {
		note(p, 0, name, equals + 1);
	} else if (*i + 1 < argc) {
		note(p, 0, name, argv[++*i]);
	} else {
		return usage_error(p, "--%s needs a value", name);
	}
	return TRUE;
}

/* Reads a group of letters, "-vq" or "-l5" or "-l 5", at argv[*i]. */
static gboolean
read_letters(struct parse *p, int argc, char **argv, int *i)
{
	for (const char *c = argv[*i] + 1; *c != '\0'; c++) {
		const struct jp_opt *opt = find_option(p, *c, NULL);

		if (opt == NULL && *c == 'h') {
			p->help = TRUE;
		} else if (opt == NULL && *c == 'V') {
			p->version = TRUE;
		} else if (opt == NULL) {
			return usage_error(
			    p, "unknown option -%.*s", (int)(g_utf8_next_char(c) - c), c);
		} else if (!jp_cli_takes_value(opt)) {
			note(p, *c, NULL, NULL);
		} else if (c[1] != '\0') {
			note(p, *c, NULL, c + 1);
			return TRUE;
		} else if (*i + 1 < argc) {
			note(p, *c, NULL, argv[++*i]);
			return TRUE;
		} else {
			return usage_error(p, "-%c needs a value", *c);
		}
	}
	return TRUE;
}

/* Takes an operand: a word of the verb while there is none, else one of the verb's own. */
static void
read_operand(struct parse *p, char *text)
{
	g_autofree char *two = NULL;

	if (p->verb != NULL || p->operands->len > 0) {
		g_ptr_array_add(p->operands, text);
		return;
	}
	if (p->first_word == NULL && begins_verb(p->cli, text)) {
		p->first_word = g_strdup(text);
		return;
	}
	two = p->first_word != NULL ? g_strconcat(p->first_word, " ", text, NULL) : g_strdup(text);
	p->verb = find_verb(p->cli, two);
	if (p->verb != NULL) {
		g_clear_pointer(&p->first_word, g_free);
		return;
	}
	/* "search" alone is a verb too, or the program has work without a verb, or it is an error
	 * that settle_verb() tells. */
	if (p->first_word != NULL)
		p->verb = find_verb(p->cli, p->first_word);
	else
		p->verb = find_verb(p->cli, NULL);
	g_ptr_array_add(p->operands, text);
}

static gboolean
read_args(struct parse *p, int argc, char **argv)
{
	gboolean options = TRUE;

	for (int i = 1; i < argc; i++) {
		gboolean ok = TRUE;

		if (!options || argv[i][0] != '-' || argv[i][1] == '\0')
			read_operand(p, argv[i]);
		else if (strcmp(argv[i], "--") == 0)
			options = FALSE;
		else if (argv[i][1] == '-')
			ok = read_long(p, argc, argv, &i);
		else
			ok = read_letters(p, argc, argv, &i);
		if (!ok)
			return FALSE;
	}
	return TRUE;
}

/* ---- the verb ------------------------------------------------------------ */

static gboolean
unknown_verb(const struct parse *p, const char *word)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autoptr(GString) under = g_string_new(NULL);
	const char *near;

	for (gsize i = 0; i < p->cli->n_verbs; i++) {
		const char *name = p->cli->verbs[i].name;

		if (name == NULL)
			continue;
		g_ptr_array_add(names, (void *)name);
		if (p->first_word != NULL && g_str_has_prefix(name, p->first_word))
			g_string_append_printf(under, "%s'%s'", under->len > 0 ? ", " : "", name);
	}
	g_ptr_array_add(names, NULL);
	if (under->len > 0)
		return usage_error(p, "unknown verb '%s'; there are %s", word, under->str);
	near = jp_closest(word, (const char *const *)names->pdata);
	if (near != NULL)
		return usage_error(p, "unknown verb '%s'; did you mean '%s'?", word, near);
	return usage_error(p, "unknown verb '%s'", word);
}

/* TRUE for operands that the work without a verb cannot take: the first was meant as a verb. */
static gboolean
was_meant_as_verb(const struct parse *p)
{
	const struct jp_verb *v = p->verb;

	return v != NULL && v->name == NULL && p->cli->n_verbs > 1 && v->max_operands >= 0 &&
	    (int)p->operands->len > v->max_operands;
}

/* After all words were read: finds the verb that is meant when none was named.  NULL: there is
 * none, and that was said. */
static const struct jp_verb *
settle_verb(struct parse *p)
{
	const char *first = p->operands->len > 0 ? p->operands->pdata[0] : NULL;
	g_autofree char *words = NULL;

	if (was_meant_as_verb(p))
		p->verb = NULL;
	else if (p->verb == NULL && first == NULL)
		p->verb = find_verb(p->cli, p->first_word); /* without a name when it is NULL */
	if (p->verb != NULL)
		return p->verb;
	if (p->first_word == NULL && first == NULL) {
		(void)usage_error(p, "a verb is missing");
		return NULL;
	}
	if (p->first_word != NULL)
		words = g_strjoin(" ", p->first_word, first, NULL);
	(void)unknown_verb(p, words != NULL ? words : first);
	return NULL;
}

static gboolean
check_operands(const struct parse *p)
{
	const struct jp_verb *v = p->verb;
	int n = (int)p->operands->len;

	if (n < v->min_operands && n == 0)
		return usage_error(p, "an operand is missing: %s", v->operands);
	if (n < v->min_operands)
		return usage_error(p, "%d operands are too few: %s", n, v->operands);
	if (v->max_operands >= 0 && n > v->max_operands)
		return usage_error(
		    p, "unexpected operand '%s'", (char *)p->operands->pdata[v->max_operands]);
	return TRUE;
}

/* ---- values -------------------------------------------------------------- */

static gboolean
set_int(const struct parse *p, const struct jp_opt *opt, const struct given *g)
{
	gboolean unbounded = opt->min == 0 && opt->max == 0;

	if (jp_int_parse(g->value, opt->min, unbounded ? G_MAXINT64 : opt->max, opt->value))
		return TRUE;
	if (unbounded)
		return usage_error(p, "%s: '%s' is not a whole number from 0", g->shown, g->value);
	return usage_error(p,
	    "%s: '%s' is not a whole number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT,
	    g->shown, g->value, opt->min, opt->max);
}

static gboolean
set_duration(const struct parse *p, const struct jp_opt *opt, const struct given *g)
{
	gboolean unbounded = opt->min == 0 && opt->max == 0;
	g_autofree char *min = NULL, *max = NULL;
	gint64 ms;

	if (!jp_duration_parse(g->value, &ms))
		return usage_error(
		    p, "%s: '%s' is not a duration such as 90s, 15m, 2h or 7d", g->shown, g->value);
	if (unbounded || (ms >= opt->min && ms <= opt->max)) {
		*(gint64 *)opt->value = ms;
		return TRUE;
	}
	min = jp_duration_format(opt->min);
	max = jp_duration_format(opt->max);
	return usage_error(p, "%s: '%s' is not between %s and %s", g->shown, g->value, min, max);
}

static void
add_to_list(GPtrArray **list, const char *value)
{
	if (*list == NULL)
		*list = g_ptr_array_new();
	g_ptr_array_add(*list, (void *)value);
}

static gboolean
set_value(const struct parse *p, const struct jp_opt *opt, const struct given *g)
{
	switch (opt->type) {
	case JP_OPT_FLAG:
		*(gboolean *)opt->value = TRUE;
		return TRUE;
	case JP_OPT_COUNT:
		++*(int *)opt->value;
		return TRUE;
	case JP_OPT_INT:
		return set_int(p, opt, g);
	case JP_OPT_TEXT:
		*(const char **)opt->value = g->value;
		return TRUE;
	case JP_OPT_LIST:
		add_to_list(opt->value, g->value);
		return TRUE;
	case JP_OPT_DURATION:
		return set_duration(p, opt, g);
	case JP_OPT_TIME:
		if (jp_time_parse(g->value, opt->value, NULL))
			return TRUE;
		return usage_error(
		    p, "%s: '%s' is not a time such as 2026-10-01T13:40:19Z", g->shown, g->value);
	case JP_OPT_END:
		break;
	}
	return FALSE;
}

static gboolean
set_values(const struct parse *p)
{
	for (guint i = 0; i < p->given->len; i++) {
		const struct given *g = &g_array_index(p->given, struct given, i);
		const struct jp_opt *opt = find_in(p->verb->opts, g->letter, g->name);

		if (opt == NULL || jp_cli_takes_value(opt) != (g->value != NULL))
			return usage_error(p, "%s does not go with '%s'", g->shown,
			    p->verb->name != NULL ? p->verb->name : p->cli->name);
		if (!set_value(p, opt, g))
			return FALSE;
		if (opt->type == JP_OPT_FLAG && strcmp(opt->name, "verbose") == 0)
			jp_set_verbose(TRUE);
	}
	return TRUE;
}

/* ---- public -------------------------------------------------------------- */

int
jp_cli_run(const struct jp_cli *cli, int argc, char **argv)
{
	g_auto(parse) p = {.cli = cli,
	    .given = g_array_new(FALSE, FALSE, sizeof(struct given)),
	    .operands = g_ptr_array_new()};

	g_array_set_clear_func(p.given, given_clear);
	if (!read_args(&p, argc, argv))
		return JP_ERROR_USAGE;
	if (p.help) {
		jp_cli_help(cli, p.verb);
		return 0;
	}
	if (p.version) {
		printf("%s %s\n", cli->name, JP_VERSION);
		return 0;
	}
	if (settle_verb(&p) == NULL || !check_operands(&p) || !set_values(&p))
		return JP_ERROR_USAGE;
	/* A vector ends with NULL, as argv does. */
	g_ptr_array_add(p.operands, NULL);
	return p.verb->run((int)p.operands->len - 1, (char **)p.operands->pdata);
}

gboolean
jp_confirm(gboolean yes, const char *fmt, ...)
{
	g_autofree char *question = NULL;
	char answer[16];
	va_list ap;

	if (yes)
		return TRUE;
	va_start(ap, fmt);
	question = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
		jp_warn("%s needs --yes where nobody can be asked", question);
		return FALSE;
	}
	jp_warn("%s [y/N]", question);
	if (fgets(answer, sizeof(answer), stdin) != NULL && g_ascii_tolower(answer[0]) == 'y')
		return TRUE;
	jp_warn("nothing was done");
	return FALSE;
}
