/* Fuzzes jp_yaml_parse and jp_yaml_write.  Oracle: what was read is written and read again equal,
 * written the same a second time, and every node of it has a line. */
#include "config/config.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check_lines(const jp_yaml *y, const cJSON *node, guint last)
{
	const cJSON *item;

	g_assert_cmpuint(jp_yaml_line(y, node), >=, 1);
	g_assert_cmpuint(jp_yaml_line(y, node), <=, last);
	cJSON_ArrayForEach (item, node)
		check_lines(y, item, last);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(jp_yaml) first = jp_yaml_parse((const char *)data, len, "fuzz", &error);
	g_autoptr(jp_yaml) second = NULL;
	g_autofree char *written = NULL, *again = NULL;
	guint last = 1;

	if (first == NULL) {
		g_assert_nonnull(error);
		g_assert_true(g_str_has_prefix(error->message, "fuzz:"));
		return 0;
	}
	g_assert_no_error(error);
	for (size_t i = 0; i < len; i++) /* any byte that ends or may be part of a line's end */
		last += data[i] == '\n' || data[i] == '\r' || data[i] == 0x85 || data[i] >= 0xa8;
	if (jp_yaml_root(first) != NULL)
		check_lines(first, jp_yaml_root(first), last);
	written = jp_yaml_write(jp_yaml_root(first));
	second = jp_yaml_parse(written, strlen(written), "again", &error);
	g_assert_no_error(error);
	g_assert_true(jp_yaml_root(first) == NULL
		? jp_yaml_root(second) == NULL
		: cJSON_Compare(jp_yaml_root(first), jp_yaml_root(second), 1));
	again = jp_yaml_write(jp_yaml_root(second));
	g_assert_cmpstr(written, ==, again);
	return 0;
}
