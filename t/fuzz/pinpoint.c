/* Fuzzes the adapter pinpoint; see board.h for the oracle. */
#include "board.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	fuzz_page("pinpoint", "crates", data, len);
	return fuzz_board("pinpoint", "crates", data, len);
}
