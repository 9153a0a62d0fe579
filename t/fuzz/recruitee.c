/* Fuzzes the adapter recruitee; see board.h for the oracle. */
#include "board.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	fuzz_page("recruitee", "nordlys", data, len);
	return fuzz_board("recruitee", "nordlys", data, len);
}
