/* Fuzzes the adapter hn; see board.h for the oracle. */
#include "board.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	return fuzz_board("hn", "whoishiring", data, len);
}
