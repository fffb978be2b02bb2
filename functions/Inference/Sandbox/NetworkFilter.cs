using System.Runtime.InteropServices;

namespace SlmOps.Inference.Sandbox;

/// <summary>
/// Takes the network, and the starting of programs, from the whole process: a seccomp filter that answers the calls for
/// them with EPERM. It needs no privilege, holds for every thread, and cannot be taken off. Under an emulator, or a kernel
/// without it, the process runs without.
/// </summary>
internal static class NetworkFilter
{
    private const int SetFilter = 1;
    private const int AllThreads = 1;

    // Instructions of classic BPF (linux/bpf_common.h) and answers of seccomp (linux/seccomp.h).
    private const ushort LoadWord = 0x20;
    private const ushort JumpIfEqual = 0x15;
    private const ushort JumpIfGreaterOrEqual = 0x35;
    private const ushort Return = 0x06;
    private const uint Allow = 0x7FFF_0000;
    private const uint NotPermitted = 0x0005_0000 | 1;

    // Where struct seccomp_data holds the call's number and the architecture.
    private const uint NumberAt = 0;
    private const uint ArchitectureAt = 4;

    // Calls of the x32 ABI, which have the architecture of x86-64.
    private const uint ForeignNumbers = 0x4000_0000;

    private static readonly Machine X64 = new(0xC000_003E, 317,
        // socket, connect, accept, bind, listen, socketpair, execve, ptrace, accept4, process_vm_writev, execveat, io_uring_setup
        [41, 42, 43, 49, 50, 53, 59, 101, 288, 311, 322, 425]);

    private static readonly Machine Arm64 = new(0xC000_00B7, 277,
        // socket, socketpair, bind, listen, accept, connect, execve, ptrace, accept4, process_vm_writev, execveat, io_uring_setup
        [198, 199, 200, 201, 202, 203, 221, 117, 242, 271, 281, 425]);

    /// <summary>True when the filter holds.</summary>
    internal static unsafe bool TryApply()
    {
        Machine? machine = RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => X64,
            Architecture.Arm64 => Arm64,
            _ => null,
        };
        if (!OperatingSystem.IsLinux() || machine is null || SystemCalls.ProcessControl(SystemCalls.NoNewPrivileges, 1, 0, 0, 0) != 0)
        {
            return false;
        }

        var program = Program(machine);
        fixed (Instruction* first = program)
        {
            var filter = new Filter { Length = (ushort)program.Length, First = first };
            return SystemCalls.Call(machine.Seccomp, SetFilter, AllThreads, (nint)(&filter)) == 0;
        }
    }

    private static Instruction[] Program(Machine machine)
    {
        var denied = machine.Denied;
        const int Heading = 4;
        var allowed = Heading + denied.Length;
        return
        [
            new(LoadWord, 0, 0, ArchitectureAt),
            new(JumpIfEqual, 0, ToDenial(1), machine.Architecture),
            new(LoadWord, 0, 0, NumberAt),
            new(JumpIfGreaterOrEqual, ToDenial(3), 0, ForeignNumbers),
            .. denied.Select((call, i) => new Instruction(JumpIfEqual, ToDenial(Heading + i), 0, call)),
            new(Return, 0, 0, Allow),
            new(Return, 0, 0, NotPermitted),
        ];

        // A jump counts from the instruction after it; the denial follows the permission.
        byte ToDenial(int from) => (byte)(allowed + 1 - (from + 1));
    }

    private sealed record Machine(uint Architecture, nint Seccomp, uint[] Denied);

    private readonly record struct Instruction(ushort Code, byte IfTrue, byte IfFalse, uint Value);

    private unsafe struct Filter
    {
        internal ushort Length;
        internal Instruction* First;
    }
}
