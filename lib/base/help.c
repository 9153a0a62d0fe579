/*
 * What --help says, from the same tables that are parsed: one line a verb, one line an option, in
 * columns.  A help text's first words up to two blanks name the option's value: "FILE  read ...".
 */
#include "base/base.h"
#include "base/internal.h"

#include <stdio.h>
#include <string.h>

static const struct jp_opt help_opts[] = {{JP_OPT_FLAG, 'h', "help", "show this help", NULL, 0, 0},
    {JP_OPT_FLAG, 'V', "version", "show name and version", NULL, 0, 0}, JP_OPT_DONE};

/* Two columns: names and what they mean. */
struct rows {
	GPtrArray *left;  /* owned */
	GPtrArray *right; /* borrowed */
};

static void
rows_add(struct rows *r, char *left, const char *right)
{
	g_ptr_array_add(r->left, left);
	g_ptr_array_add(r->right, (void *)right);
}

/* Prints and empties the rows, the left column as wide as its widest entry. */
static void
rows_flush(struct rows *r, const char *title)
{
	int width = 0;

	for (guint i = 0; i < r->left->len; i++)
		width = MAX(width, (int)strlen(r->left->pdata[i]));
	if (r->left->len > 0)
		printf("\n%s:\n", title);
	for (guint i = 0; i < r->left->len; i++)
		printf(
		    "  %-*s  %s\n", width, (char *)r->left->pdata[i], (char *)r->right->pdata[i]);
	g_ptr_array_set_size(r->left, 0);
	g_ptr_array_set_size(r->right, 0);
}

static void
add_option(struct rows *r, const struct jp_opt *opt)
{
	const char *help = opt->help;
	const char *gap = strstr(help, "  ");
	g_autoptr(GString) left = g_string_new(NULL);

	if (opt->letter != 0)
		g_string_append_printf(left, "-%c, --%s", opt->letter, opt->name);
	else
		g_string_append_printf(left, "    --%s", opt->name);
	if (jp_cli_takes_value(opt) && gap != NULL) {
		g_string_append_printf(left, " %.*s", (int)(gap - help), help);
		help = gap + 2;
	} else if (jp_cli_takes_value(opt)) {
		g_string_append(left, " VALUE");
	}
	rows_add(r, g_strdup(left->str), help);
}

static gboolean
verb_has(const struct jp_verb *verb, const struct jp_opt *opt)
{
	for (const struct jp_opt *o = verb->opts; o != NULL && o->type != JP_OPT_END; o++)
		if (strcmp(o->name, opt->name) == 0)
			return TRUE;
	return FALSE;
}

/* TRUE when every verb takes the option. */
static gboolean
is_common(const struct jp_cli *cli, const struct jp_opt *opt)
{
	for (gsize i = 0; i < cli->n_verbs; i++)
		if (!verb_has(&cli->verbs[i], opt))
			return FALSE;
	return TRUE;
}

static char *
invocation(const struct jp_verb *v)
{
	return g_strdup_printf("%s%s%s", v->name != NULL ? v->name : "",
	    v->name != NULL && v->operands != NULL && *v->operands != '\0' ? " " : "",
	    v->operands != NULL ? v->operands : "");
}

static void
print_usage(const struct jp_cli *cli, const struct jp_verb *verb)
{
	g_autofree char *call = invocation(verb);

	printf("usage: %s [OPTION...]%s%s\n", cli->name, *call != '\0' ? " " : "", call);
}

static void
help_verb(struct rows *r, const struct jp_cli *cli, const struct jp_verb *verb)
{
	print_usage(cli, verb);
	printf("%s\n", verb->name != NULL ? verb->help : cli->summary);
	for (const struct jp_opt *o = verb->opts; o != NULL && o->type != JP_OPT_END; o++)
		add_option(r, o);
}

/* The program with all its verbs, and the options of the one without a name, or of all. */
static void
help_program(struct rows *r, const struct jp_cli *cli)
{
	const struct jp_verb *shown = &cli->verbs[0];
	gboolean unnamed = FALSE;

	for (gsize i = 0; i < cli->n_verbs; i++)
		if (cli->verbs[i].name == NULL) {
			shown = &cli->verbs[i];
			unnamed = TRUE;
		}
	if (unnamed)
		print_usage(cli, shown);
	printf("%s%s [OPTION...] VERB [OPERAND...]\n", unnamed ? "       " : "usage: ", cli->name);
	printf("%s\n", cli->summary);
	for (gsize i = 0; i < cli->n_verbs; i++)
		if (cli->verbs[i].name != NULL)
			rows_add(r, invocation(&cli->verbs[i]), cli->verbs[i].help);
	rows_flush(r, "verbs");
	for (const struct jp_opt *o = shown->opts; o != NULL && o->type != JP_OPT_END; o++)
		if (unnamed || is_common(cli, o))
			add_option(r, o);
}

void
jp_cli_help(const struct jp_cli *cli, const struct jp_verb *verb)
{
	struct rows r = {g_ptr_array_new_with_free_func(g_free), g_ptr_array_new()};
	gboolean whole = cli->n_verbs > 1 && (verb == NULL || verb->name == NULL);

	if (whole)
		help_program(&r, cli);
	else
		help_verb(&r, cli, verb != NULL ? verb : &cli->verbs[0]);
	for (const struct jp_opt *o = help_opts; o->type != JP_OPT_END; o++)
		add_option(&r, o);
	rows_flush(&r, "options");
	if (whole)
		printf("\n'%s VERB --help' tells the options of a verb.\n", cli->name);
	g_ptr_array_free(r.left, TRUE);
	g_ptr_array_free(r.right, TRUE);
}
