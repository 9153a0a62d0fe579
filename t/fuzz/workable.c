/* Fuzzes the adapter workable; see board.h for the oracle. */
#include "board.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	fuzz_page("workable", "rivermill", data, len);
	return fuzz_board("workable", "rivermill", data, len);
}
