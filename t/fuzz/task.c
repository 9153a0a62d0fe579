/*
 * Fuzzes lib/queue/payload.c.  Oracle: what is accepted as a payload is one line of UTF-8, is its
 * own payload, and means to cJSON what the text means; what is accepted as a line passes
 * jp_task_check, and its payload is one.
 */
#include "queue/queue.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_error(const GError *error)
{
	g_assert_error(error, JP_ERROR, JP_ERROR_DATA);
	g_assert_null(strchr(error->message, '\n'));
	g_assert_true(g_utf8_validate(error->message, -1, NULL));
}

static void
check_payload(const char *text, gsize len)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *line = jp_task_payload(text, len, &error), *again = NULL;
	g_autofree char *one = NULL, *other = NULL;
	g_autoptr(cJSON) meant = NULL, kept = NULL;

	if (!line) {
		check_error(error);
		return;
	}
	g_assert_cmpuint(strlen(line), <=, MIN(len, JP_MAX_PAYLOAD));
	g_assert_null(strpbrk(line, "\r\n\t"));
	again = jp_task_payload(line, strlen(line), &error);
	g_assert_cmpstr(line, ==, again);
	meant = jp_json_parse(text, len, &error);
	g_assert_no_error(error);
	kept = jp_json_parse(line, strlen(line), &error);
	g_assert_no_error(error);
	one = jp_json_line(meant);
	other = jp_json_line(kept);
	g_assert_cmpstr(one, ==, other);
}

static void
check_line(const char *text, gsize len)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *payload = NULL;
	jp_task_line line;

	if (!jp_task_line_parse(&line, text, len, NULL, 1000, &error)) {
		check_error(error);
		return;
	}
	g_assert_true(jp_task_check(&line.task, NULL));
	g_assert_true(line.task.payload == line.payload);
	if (line.payload) {
		payload = jp_task_payload(line.payload, strlen(line.payload), &error);
		g_assert_cmpstr(payload, ==, line.payload);
	}
	jp_task_line_clear(&line);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A copy without an end, so that a read beyond it is seen. */
	g_autofree char *text = g_memdup2(data, size);

	check_payload(text ? text : "", size);
	check_line(text ? text : "", size);
	return 0;
}
