/* Fuzzes the adapter himalayas; see board.h for the oracle. */
#include "board.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	return fuzz_board("himalayas", "all", data, len);
}
