/* lex: tokens of SQL, as far as both engines agree: strings, names in quotes, comments, `::`, and
 * our own :name and optional blocks. */
#define _GNU_SOURCE
#include "sqlgen.h"

#include <ctype.h>
#include <string.h>

static int
is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

static const char *
quoted_end(const struct lexer *l, const char *p)
{
	char quote = *p++;

	for (;; p++) {
		if (!*p)
			die(l->file, l->line, "a %c is never closed", quote);
		if (*p == quote && *++p != quote)
			return p;
	}
}

static const char *
comment_end(const struct lexer *l, const char *p)
{
	const char *end = strstr(p + 2, "*/");

	if (!end)
		die(l->file, l->line, "a comment is never closed");
	return end + 2;
}

static const char *
run_end(const char *p, int (*belongs)(char c))
{
	while (belongs(*p))
		p++;
	return p;
}

static int
is_blank(char c)
{
	return isspace((unsigned char)c);
}

/* What stands at l->at, and where it ends. */
static enum token
classify(const struct lexer *l, const char **end)
{
	const char *p = l->at;

	*end = p + 1;
	if (!*p) {
		*end = p;
		return END;
	}
	if (is_blank(*p))
		return *end = run_end(p, is_blank), SPACE;
	if (!strncmp(p, "--", 2))
		return *end = p + strcspn(p, "\n"), COMMENT;
	if (!strncmp(p, "/*?", 3))
		return *end = p + 3, OPEN;
	if (!strncmp(p, "?*/", 3))
		return *end = p + 3, CLOSE;
	if (!strncmp(p, "/*", 2))
		return *end = comment_end(l, p), COMMENT;
	if (*p == '\'' || *p == '"')
		return *end = quoted_end(l, p), STRING;
	if (!strncmp(p, "::", 2))
		return *end = p + 2, OTHER;
	if (*p == ':' && is_word(p[1]))
		return *end = run_end(p + 1, is_word), PARAM;
	if (isdigit((unsigned char)*p))
		return *end = run_end(p, is_word), NUMBER;
	if (is_word(*p))
		return *end = run_end(p, is_word), WORD;
	return *p == ';' ? SEMICOLON : OTHER;
}

enum token
next_token(struct lexer *l)
{
	const char *end;
	enum token t = classify(l, &end);

	l->start = l->at;
	l->len = (size_t)(end - l->at);
	for (; l->at < end; l->at++)
		l->line += *l->at == '\n';
	return t;
}

int
token_is(const struct lexer *l, const char *word)
{
	return l->len == strlen(word) && !strncasecmp(l->start, word, l->len);
}
