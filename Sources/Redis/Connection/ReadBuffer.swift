/// A piece of memory to read into, freed with its owner.
struct ReadBuffer: ~Copyable {
    let memory: UnsafeMutableRawBufferPointer

    init(size: Int) {
        memory = .allocate(byteCount: size, alignment: 16)
    }

    deinit { memory.deallocate() }
}
