/* Fuzzes the adapter jobicy; see board.h for the oracle. */
#include "board.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	return fuzz_board("jobicy", "all", data, len);
}
