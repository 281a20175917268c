/** The official archives of published data sets. */

export interface Archive {
  readonly file: string;
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

export interface DataSet {
  readonly name: string;
  /** Folders on servers that hold the archives, with a slash at the end; the first that answers is taken. */
  readonly servers: readonly string[];
  readonly archives: readonly Archive[];
  /** The archives, or those of them, that hold images. */
  readonly images: { readonly train: string; readonly test: string };
}

const cifar = (name: string, file: string, bytes: number, sha256: string): DataSet => ({
  name,
  servers: ["https://www.cs.toronto.edu/~kriz/"],
  archives: [{ file, bytes, sha256 }],
  images: { train: file, test: file },
});

export const DATA_SETS: Readonly<Record<"cifar10" | "cifar100" | "mnist", DataSet>> = {
  cifar10: cifar(
    "CIFAR-10",
    "cifar-10-binary.tar.gz",
    170052171,
    "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
  ),
  cifar100: cifar(
    "CIFAR-100",
    "cifar-100-binary.tar.gz",
    168513733,
    "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
  ),
  mnist: {
    name: "MNIST",
    // Copies of the files that its authors' page no longer hands out.
    servers: ["https://storage.googleapis.com/cvdf-datasets/mnist/", "https://ossci-datasets.s3.amazonaws.com/mnist/"],
    archives: [
      {
        file: "train-images-idx3-ubyte.gz",
        bytes: 9912422,
        sha256: "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
      },
      {
        file: "train-labels-idx1-ubyte.gz",
        bytes: 28881,
        sha256: "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
      },
      {
        file: "t10k-images-idx3-ubyte.gz",
        bytes: 1648877,
        sha256: "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
      },
      {
        file: "t10k-labels-idx1-ubyte.gz",
        bytes: 4542,
        sha256: "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
      },
    ],
    images: { train: "train-images-idx3-ubyte.gz", test: "t10k-images-idx3-ubyte.gz" },
  },
};
