/* Fuzzes the names of boards.  Oracle: what is refused leaves no token; what is read comes to a
 * canonical name that is read as itself. */
#include "board/board.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	g_autofree char *name = g_strndup((const char *)data, len);
	g_autofree char *token = NULL, *full = NULL, *again = NULL;
	const jp_adapter *a = NULL, *b = NULL;
	g_autoptr(GError) error = NULL;

	if (!jp_board_name_parse(name, &a, &token, &error)) {
		g_assert_true(error && error->domain == JP_ERROR && !token);
		return 0;
	}
	g_assert_true(token && *token && g_utf8_validate(token, -1, NULL));
	full = g_strdup_printf("%s:%s", a->kind, token);
	g_assert_true(jp_board_name_parse(full, &b, &again, &error));
	g_assert_true(a == b);
	g_assert_cmpstr(token, ==, again);
	return 0;
}
