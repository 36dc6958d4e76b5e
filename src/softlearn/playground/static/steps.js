export function mount(root, ctx) {}
