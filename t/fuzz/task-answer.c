/* Fuzzes what a handler of batch mode answers: lines of any cut, and each line's answer.  Oracle:
 * the same lines come out however the bytes are cut, none is longer than the bound, and an answer
 * that was read is read equal once written. */
#include "queue/handler.h"

#include <stdint.h>
#include <string.h>

#define MOST 200

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
keep(const char *text, gsize len, gpointer lines)
{
	g_assert_cmpuint(len, <=, MOST);
	g_assert_cmpint(text[len], ==, '\0');
	g_ptr_array_add(lines, g_bytes_new(text, len));
}

static GPtrArray *
lines_of(const uint8_t *data, size_t len, size_t step)
{
	GPtrArray *lines = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
	jp_linebuf b;

	jp_linebuf_init(&b, MOST);
	for (size_t i = 0; i < len; i += step)
		jp_linebuf_feed(&b, data + i, MIN(step, len - i), keep, lines);
	jp_linebuf_clear(&b);
	return lines;
}

static void
check_answer(const char *text, gsize len)
{
	g_autofree char *line = NULL;
	jp_task_answer a, b;

	if (jp_task_answer_parse(&a, text, len, NULL)) {
		g_assert_cmpint(a.id, >, 0);
		g_assert_cmpint(a.retry_in, >=, -1);
		line = jp_task_answer_write(&a);
		g_assert_true(jp_task_answer_parse(&b, line, strlen(line) - 1, NULL));
		g_assert_cmpint(a.id, ==, b.id);
		g_assert_cmpint(a.status, ==, b.status);
		g_assert_cmpint(a.retry_in, ==, b.retry_in);
		g_assert_cmpstr(a.error, ==, b.error);
		g_assert_cmpstr(a.result, ==, b.result);
		jp_task_answer_clear(&b);
	}
	jp_task_answer_clear(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	g_autoptr(GPtrArray) whole = lines_of(data, len, len + 1);
	g_autoptr(GPtrArray) cut = lines_of(data, len, 7);

	g_assert_cmpuint(whole->len, ==, cut->len);
	for (guint i = 0; i < whole->len; i++) {
		gsize n;
		const char *text = g_bytes_get_data(g_ptr_array_index(whole, i), &n);

		g_assert_true(
		    g_bytes_equal(g_ptr_array_index(whole, i), g_ptr_array_index(cut, i)));
		check_answer(n > 0 ? text : "", n); /* of no bytes there is no pointer */
	}
	g_assert_cmpint(jp_task_retry_in(data, len), >=, -1);
	return 0;
}
