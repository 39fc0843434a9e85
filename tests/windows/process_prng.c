/* The one function of Windows that std needs and Wine before version 9 lacks: bcryptprimitives.dll's ProcessPrng, by that
   of advapi32 which it has. */
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG size);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE buffer, SIZE_T size)
{
    return SystemFunction036(buffer, (ULONG)size);
}
