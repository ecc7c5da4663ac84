export function testArguments(root: string, asked: readonly string[]): string[] | undefined;
export function testFiles(root: string, heavy: boolean): string[];
