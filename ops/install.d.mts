export function ensureInstalled(root: string, say: (line: string) => void): Promise<string>;
export function differences(root: string): string[];
export function missingProducts(root: string): string[];
