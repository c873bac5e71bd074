//! Owns what is known of well-known tools: which operands they read, which options take a value, what they write.
//! Knows nothing of where the words come from.

/// Tools, and those of their commands that differ, with what their words are (see `spec`); sorted by name.
#[rustfmt::skip]
const TOOLS: &[(&str, &str)] = &[
    ("7z a", "> *<a"),
    ("7z e", "-o+>d <"),
    ("7z x", "-o+>d <"),
    ("7za x", "-o+>d <"),
    ("FastTree", "-log> *<"),
    ("NanoPlot", "--fastq<* --bam<* --summary<* -o>d --outdir>d -t. -p."),
    ("R CMD", "-o>d . *<"),
    ("STAR", "--genomeDir<d --genomeFastaFiles<* --readFilesIn<* --sjdbGTFfile< --outFileNamePrefix>p --outTmpDir. --readFilesCommand. --outSAMtype. --outSAMattributes. --quantMode. --runMode. --soloCBwhitelist< --varVCFfile< --sjdbFileChrStartEnd<*"),
    ("Trinity", "--left< --right< --single< --output>d --genome_guided_bam< --samples_file< --seqType. --max_memory. --CPU."),
    ("age", "-o> --output> -i< -R< <"),
    ("antsApplyTransforms", "-i< -r< -t< -o> -d. -n."),
    ("aria2c", "-o> -d>d --out> --dir>d -i< @xsjk"),
    ("as", "-o>"),
    ("axel", "-o> @n"),
    ("bamCompare", "-b1< -b2< -o> --outFileName> -p. --binSize. -bs. --normalizeUsing."),
    ("bamCoverage", "-b< --bam< -o> --outFileName> -p. --binSize. -bs. --normalizeUsing. -of."),
    ("bamtools", "-in< -out> -list<"),
    ("base64", "@w *<"),
    ("bbduk.sh", "in=< in1=< in2=< out=> out1=> out2=> outm=> ref=< stats=>"),
    ("bbmap.sh", "in=< in1=< in2=< out=> outu=> outm=> ref=< covstats=>"),
    ("bcftools", "-o> --output> --output-file> -R< -T< -S< -f< -e. -i. --threads. @Orts . <"),
    ("bcftools annotate", "-a< -h< --annotations< --header-lines< --rename-chrs< -o> --output> -R< -S< @cxOrtie <"),
    ("bcftools call", "-o> --output> -R< -S< -G< --ploidy-file< @OrtmpPVC <"),
    ("bcftools concat", "-f< -o> --output> @Or *<"),
    ("bcftools consensus", "-f< --fasta-ref< -m< -c> -o> --output> -s. -H. <"),
    ("bcftools csq", "-f< -g< -o> -O. <"),
    ("bcftools filter", "-o> --output> -R< -T< @iesOrtgGmS <"),
    ("bcftools index", "-o> <"),
    ("bcftools isec", "-p>d -o> -R< -T< @cfnwOrtie *<"),
    ("bcftools merge", "-l< --file-list< -o> --output> -R< @OmrFi *<"),
    ("bcftools mpileup", "-f< --fasta-ref< -b< -R< -T< -S< -o> --output> @aOdqQrtCLmF *<"),
    ("bcftools norm", "-f< --fasta-ref< -o> --output> @OmcdwrtN <"),
    ("bcftools query", "-o> --output> -R< -T< -S< -l. @firtesH *<"),
    ("bcftools reheader", "-h< -s< -f< -o> --output> <"),
    ("bcftools sort", "-o> --output> -T. --temp-dir. @Om <"),
    ("bcftools stats", "-F< --fasta-ref< -R< -S< -s. @rtfie *<"),
    ("bcftools view", "-o> --output> --output-file> -R< --regions-file< -T< --targets-file< -S< --samples-file< --exclude. --include. --genotype. --output-type. --regions. --samples. --targets. --threads. @OrtsieflmMcCqQg <"),
    ("bedGraphToBigWig", "< < >"),
    ("bedToBam", "-i< -g<"),
    ("bedToBigBed", "< < >"),
    ("bedtools", "-a< -b<* -i< -g< -fi< -bed< -ibam< -abam< -bams<* -incl< -excl< -o. -c. -f. -F. -r. -l. -s. -d. -w. -n. -seed."),
    ("bedtools bamtofastq", "-i< -fq> -fq2>"),
    ("bedtools genomecov", "-i< -ibam< -g< -scale. -max. -trackopts."),
    ("bedtools getfasta", "-fi< -bed< -fo>"),
    ("bedtools maskfasta", "-fi< -bed< -fo>"),
    ("bedtools split", "-i< -n. -p."),
    ("bet", "< >"),
    ("bgzip", "@bsl@ <"),
    ("bigBedToBed", "< >"),
    ("bigWigAverageOverBed", "< < >"),
    ("bigWigMerge", "*< $>"),
    ("bigWigToBedGraph", "< >"),
    ("bigWigToWig", "< >"),
    ("blastn", "-query< -subject< -out> -db. -outfmt. -evalue. -num_threads. -max_target_seqs. -task. -perc_identity. -word_size. -max_hsps."),
    ("blastp", "-query< -subject< -out> -db. -outfmt. -evalue. -num_threads. -max_target_seqs."),
    ("blastx", "-query< -subject< -out> -db. -outfmt. -evalue. -num_threads. -max_target_seqs."),
    ("bowtie-build", "< >p"),
    ("bowtie2", "-x<p -1< -2< -U< -S> --un> --un-gz> --un-conc> --un-conc-gz> --al> --al-gz> --al-conc> --met-file> @pkI"),
    ("bowtie2-build", "< >p"),
    ("bowtie2-build-s", "< >p"),
    ("bracken", "-d<d -i< -o> -w> @rlt"),
    ("build_binary", "< >"),
    ("busco", "-i< --in< --out_path>d @omlc"),
    ("bwa aln", "-f> @tnoedilkRq <"),
    ("bwa index", "-p>p -a. <"),
    ("bwa mem", "-o> -H. @tkwdrcDABOELURTvKI *<"),
    ("bwa sampe", "-f> @aonNcr *<"),
    ("bwa samse", "-f> @nr *<"),
    ("bwa-mem2 index", "-p>p <"),
    ("bwa-mem2 mem", "-o> @tkwdrcDABOELURTvKI *<"),
    ("bzcat", "*<"),
    ("c++", "-o>"),
    ("cat", "*<"),
    ("cc", "-o>"),
    ("cd-hit", "-i< -o> -c. -n. -d. -M. -T. -G. -aS. -aL. -l."),
    ("cd-hit-est", "-i< -o> -c. -n. -d. -M. -T. -G. -aS. -aL. -l. -r."),
    ("cdo", "@fbPgmz . *< $>"),
    ("cfssljson", "-bare. -f<"),
    ("cksum", "*<"),
    ("clang", "-o>"),
    ("clang++", "-o>"),
    ("cmp", "@n < <"),
    ("column", "@stcNoR *<"),
    ("comm", "*<"),
    ("computeMatrix", "-S<* -R<* -o> -out> --outFileName> --outFileNameMatrix> --outFileSortedRegions> -a. -b. -m. -p. -bs. --referencePoint."),
    ("convert", "-background. -resize. -type. -colors. -density. -quality. -crop. -gravity. -font. -fill. -pointsize. -annotate. -geometry. -depth. -delay. -loop. -rotate. -extent. -size. -alpha. -border. -bordercolor. -fuzz. -set. -define. < *. $>"),
    ("cosign", "-o>"),
    ("csplit", "@fbn <"),
    ("csvcut", "@cCdqptelz *<"),
    ("csvformat", "@DQUBdqe *<"),
    ("csvgrep", "-f< @cmrdqe *<"),
    ("csvjoin", "@cdqe *<"),
    ("csvjson", "@ikdqe *<"),
    ("csvlook", "@dqe *<"),
    ("csvsort", "@cdqe *<"),
    ("csvsql", "--query. --db. --tables. --dialect. @idqey *<"),
    ("csvstack", "@gndqe *<"),
    ("csvstat", "@cdqe *<"),
    ("curl", "-o> --output> --output-dir>d -T< --upload-file< -K< --config< -D> --dump-header> -c> --cookie-jar> --cacert< @XHuAemrxEwYyCdFb"),
    ("cut", "--delimiter. --fields. --output-delimiter. @dfbc *<"),
    ("cutadapt", "-o> --output> -p> --paired-output> --untrimmed-output> --untrimmed-paired-output> --too-short-output> --info-file> --json> --cores. --minimum-length. --quality-cutoff. @aAgGbBjqmMOeunUlN *<"),
    ("cwltool", "--outdir>d . <"),
    ("dcm2niix", "-o>d @fzbd <d"),
    ("delly call", "-g< -o> -x< -v< @tq *<"),
    ("diamond blastp", "-q< --query< -d. --db. -o> --out> @fpek"),
    ("diamond blastx", "-q< --query< -d. --db. -o> --out> @fpek"),
    ("diamond makedb", "--in< -d> --db>"),
    ("diff", "--label. @UCIL <a <a"),
    ("docker load", "-i< --input<"),
    ("docker save", "-o> --output>"),
    ("dot", "-o> @TKGNE *<"),
    ("dvc get", "-o> --out> . ."),
    ("esbuild", "--outfile> --outdir>d"),
    ("expand", "@t *<"),
    ("faToTwoBit", "*< $>"),
    ("fairseq-generate", "--path< --results-path>d <d"),
    ("fairseq-preprocess", "--destdir>d --srcdict< --tgtdict<"),
    ("fairseq-train", "--save-dir>d --tensorboard-logdir>d --restore-file< <d"),
    ("fasta_formatter", "-i< -o> @w"),
    ("fasterq-dump", "-O>d --outdir>d -o> -t. --temp. -e. --threads. *."),
    ("fastp", "-i< -I< --in1< --in2< -o> -O> --out1> --out2> --unpaired1> --unpaired2> --merged_out> -h> --html> -j> --json> -R. --report_title. --adapter_fasta< @qulwWMne"),
    ("fastq-dump", "-O>d --outdir>d -A. -X. *."),
    ("fastqc", "-o>d --outdir>d -c< -a< -d. @tkf *<"),
    ("fasttext predict", "< <"),
    ("fasttext supervised", "-input< -output> -pretrainedVectors<"),
    ("featureCounts", "-a< -o> -G< @TtgsQdDFfM *<"),
    ("ffmpeg", "-i< *. $>"),
    ("ffprobe", "-i< -show_entries. -of. -v. -select_streams. <"),
    ("filtlong", "-1< -2< -a< --assembly< -t. -p. <"),
    ("flirt", "-in< -ref< -out> -omat> -init<"),
    ("flye", "--nano-raw<* --nano-hq<* --nano-corr<* --pacbio-raw<* --pacbio-hifi<* -o>d --out-dir>d @tgi"),
    ("fold", "@w *<"),
    ("freebayes", "-f< --fasta-reference< -b< -t< -v> --vcf> -@< @rpCFqm *<"),
    ("fslmaths", "< *. $>"),
    ("fslmerge", ". > *<"),
    ("fslstats", "< *."),
    ("g++", "-o>"),
    ("gatk", "-I<* -R< -V<* -L< -O> -D< -XL< -M> -F> -mv> -resource. --input<* --output> --reference< --variant<* --intervals< --known-sites< --dbsnp< --bqsr-recal-file< -bqsr< --metrics-file> --METRICS_FILE> --INPUT< --OUTPUT> --REFERENCE_SEQUENCE< --tranches-file> --recal-file> --tmp-dir. --java-options. --sequence-dictionary< -SD< -ERC. -G. -A. ."),
    ("gcc", "-o>"),
    ("gdal_merge.py", "-o> @nainitofco *<"),
    ("gdal_translate", "-of. -co. -a_srs. -scale. -outsize. -b. -projwin. -ot. -a_nodata. < >"),
    ("gdalwarp", "-of. -co. -t_srs. -s_srs. -te. -tr. -ts. -r. -ot. -cutline< -dstnodata. -srcnodata. *< $>"),
    ("gdown", "-O> --output>"),
    ("genePredToBed", "< >"),
    ("gffread", "-g< -w> -x> -y> -o> <"),
    ("gfortran", "-o>"),
    ("ghc", "-o>"),
    ("go build", "-o>"),
    ("gpg", "-o> --output> -r. -u. --recipient. --passphrase. --passphrase-file< --keyserver. --recv-keys. --homedir. --local-user. --batch."),
    ("gtfToGenePred", "< >"),
    ("gzcat", "*<"),
    ("head", "@nc *<"),
    ("hexdump", "@nse *<"),
    ("hf download", "--local-dir>d . *."),
    ("hisat2", "-x<p -1< -2< -U< -S> --summary-file> --known-splicesite-infile< --novel-splicesite-outfile> --un> --un-conc> --un-gz> --un-conc-gz> @pk"),
    ("hisat2-build", "< >p"),
    ("hmmbuild", "-n. > <"),
    ("hmmpress", "<"),
    ("hmmscan", "--tblout> --domtblout> -o> --cpu. -E. < <"),
    ("hmmsearch", "--tblout> --domtblout> -o> -A> --cpu. -E. < <"),
    ("htseq-count", "-f. -r. -s. -t. -i. -m. -a. -o> -c> *<"),
    ("huggingface-cli download", "--local-dir>d --cache-dir. . *."),
    ("humann", "-i< --input< -o>d --output>d --nucleotide-database<d --protein-database<d"),
    ("hyperfine", "--export-csv> --export-json> --export-markdown> *."),
    ("iconv", "-o> --output> @ft *<"),
    ("in2csv", "@fsk <"),
    ("inkscape", "-o> --export-filename> --export-png> <"),
    ("iqtree", "-s< -pre>p --prefix>p -t< -m. -bb. -nt. -B. -T. -alrt."),
    ("iqtree2", "-s< -pre>p --prefix>p -t< -m. -bb. -nt. -B. -T. -alrt."),
    ("java", "-cp. -jar. -classpath. ."),
    ("join", "@12tjoeav < <"),
    ("jsonnet", "-o> @V <"),
    ("kaggle competitions", "-p>d --path>d *."),
    ("kaggle datasets", "-p>d --path>d *."),
    ("kallisto index", "-i> -k. *<"),
    ("kallisto quant", "-i< -o>d -g< -b. -t. -l. -s. *<"),
    ("kraken2", "--db<d --report> --output> --classified-out> --unclassified-out> --threads. --confidence. --minimum-hit-groups. *<"),
    ("ld", "-o>"),
    ("less", "*<"),
    ("liftOver", "< < > >"),
    ("lmplz", "--text< --arpa> -o. -S. -T. --discount_fallback."),
    ("lofreq call", "-f< -o> -l< <"),
    ("lofreq call-parallel", "-f< -o> -l< --pp-threads. <"),
    ("ls", "*<d"),
    ("macs2 callpeak", "-t<* -c<* --treatment<* --control<* --outdir>d -n. -f. -g. -q. -p. --extsize. --shift. -B."),
    ("macs3 callpeak", "-t<* -c<* --treatment<* --control<* --outdir>d -n. -f. -g. -q. -p. --extsize. --shift. -B."),
    ("mafft", "--thread. --add< --addfragments< --reorder. <"),
    ("magick", "-background. -resize. -type. -colors. -density. -quality. -crop. -gravity. -font. -fill. -pointsize. -annotate. -geometry. -depth. -delay. -loop. -rotate. -extent. -size. -alpha. -border. -bordercolor. -fuzz. -set. -define. < *. $>"),
    ("makeblastdb", "-in< -out>p -dbtype. -title. -taxid_map<"),
    ("marian", "--train-sets<* --valid-sets<* --vocabs<* --model> -m> -c< --config< --log> --valid-log>"),
    ("md5sum", "*<"),
    ("megahit", "-1< -2< -r< -o>d --12< @tm"),
    ("metaphlan", "-o> --output_file> --bowtie2out> --bowtie2db<d --nproc. --input_type. --index. -x. -t. < >"),
    ("minimap2", "-o> -d> -x. -a. -t. -k. -w. -R. -I. -N. -p. --junc-bed< @xtkwRINpGrmsFzABOEKf *<"),
    ("mkdir", "--mode. @m *>d"),
    ("mlr", "--from< --prepipe. --ifs. --ofs. --fs. -f. -nr. -nf. *. $<"),
    ("mmseqs createdb", "*< $>"),
    ("mmseqs easy-cluster", "< > ."),
    ("mmseqs easy-search", "< < > ."),
    ("mongoexport", "-o> --out> -d. -c. -q. -f. --db. --collection. --uri. --host."),
    ("mongoimport", "--file< -d. -c. --db. --collection. --uri. --host. --type. <"),
    ("montage", "*< $>"),
    ("more", "*<"),
    ("mosdepth", "-b< --by< -f< -t. -Q. -n. --fasta< >p <"),
    ("mrconvert", "< >"),
    ("mri_convert", "< >"),
    ("mrtrix", "< >"),
    ("multiBamSummary", "--bamfiles<* -b<* -o> -out> --outRawCounts> -p."),
    ("multiqc", "-o>d --outdir>d -c< --config< -n. --filename. -i. --title. *<a"),
    ("muscle", "-in< -out> -align< -output> -threads."),
    ("mysqldump", "-r> --result-file> *."),
    ("nccopy", "@dsk < >"),
    ("ncdump", "@v <"),
    ("ncks", "@vdp < >"),
    ("nco", "*< $>"),
    ("ncra", "@vdp *< $>"),
    ("ncrcat", "@vdp *< $>"),
    ("nextflow run", "-params-file< -c< --outdir>d --input< -w. -work-dir. -profile. -r. -revision. -main-script. -entry. ."),
    ("nl", "@bsw *<"),
    ("nvcc", "-o>"),
    ("ocamlfind", "-o>"),
    ("od", "@AtNj *<"),
    ("ogr2ogr", "-f. -t_srs. -s_srs. -a_srs. -sql. -where. -nln. -clipsrc< -select. -lco. -spat. > <"),
    ("openssl", "-in< -out> -inkey< -CA< -CAkey< -keyout> -key< -config< -extfile< -cert< -certfile< -CAfile< -subj. -days. -passin. -passout. -pass. -extensions. -set_serial. -name. -sigalgs."),
    ("osmium", "-o> --output> @psbf . <"),
    ("pandoc", "-o> --output> --template< --bibliography< --csl< --metadata-file< --defaults< --reference-doc< -c. --css. -t. -f. --to. --from. -V. -M. --metadata. --variable. -H< -B< -A< --filter. -F. *<"),
    ("papermill", "@pkyrf < >"),
    ("paste", "@d *<"),
    ("pdftoppm", "-f. -l. -r. < >p"),
    ("pdftotext", "-f. -l. -enc. < >"),
    ("pg_dump", "-f> --file> @FdUhptnNw ."),
    ("pg_restore", "-f> @FdUhptnjL <"),
    ("picard", "I=< INPUT=< O=> OUTPUT=> R=< REFERENCE=< REFERENCE_SEQUENCE=< M=> METRICS_FILE=> H=> HISTOGRAM_FILE=> BED=< BAIT_INTERVALS=< TARGET_INTERVALS=< REF_FLAT=< CHART=> F=> F2=> FASTQ=< -I< --INPUT< -O> --OUTPUT> -R< --REFERENCE_SEQUENCE< -M> --METRICS_FILE> ."),
    ("plink", "--vcf< --bcf< --bed< --bim< --fam< --ped< --map< --pheno< --covar< --keep< --remove< --extract< --exclude< --score< --out>p --bfile<p --file<p --threads. --chr."),
    ("plink2", "--vcf< --bcf< --bed< --bim< --fam< --pgen< --pvar< --psam< --pheno< --covar< --keep< --remove< --extract< --exclude< --score< --out>p --bfile<p --pfile<p --threads. --chr."),
    ("plotHeatmap", "-m< --matrixFile< -o> -out> --outFileName> --colorMap."),
    ("plotProfile", "-m< --matrixFile< -o> -out> --outFileName>"),
    ("pr", "*<"),
    ("prefetch", "-O>d --output-directory>d -o> --max-size. --option-file< *."),
    ("prokka", "--outdir>d --proteins< --prefix. --genus. --species. --kingdom. --cpus. --locustag. --strain. <"),
    ("protoc", "-o>"),
    ("psql", "-f< --file< -o> --output> -L> --log-file> @cdhpUvFRP --command. --dbname. --host. --port. --username. --set. --variable. ."),
    ("qsv", "-o> --output> @dsjlne . *<"),
    ("qsv cat", ". -o> --output> *<"),
    ("qsv join", "-o> --output> . < . <"),
    ("qsv search", "-o> --output> @sd . <"),
    ("qsv select", "-o> --output> @d . <"),
    ("qualimap", "-bam< -gff< -gtf< -outdir>d -outfile. -nt."),
    ("quast", "-r< -R< -g< -o>d --output-dir>d @tlm *<"),
    ("quast.py", "-r< -R< -g< -o>d --output-dir>d @tlm *<"),
    ("raxml-ng", "--msa< --tree< --model. --prefix>p --threads. --seed."),
    ("reformat.sh", "in=< in1=< in2=< out=> out1=> out2=> ref=<"),
    ("rev", "*<"),
    ("rsem-prepare-reference", "--gtf< --gff3< @p < >p"),
    ("rsvg-convert", "-o> @wh <"),
    ("rustc", "-o>"),
    ("sacrebleu", "-i< --input< @tlmwb *<"),
    ("salmon index", "-t< --transcripts< -i>d --index>d --decoys< -d< @kp"),
    ("salmon quant", "-i< --index< -1< -2< --mates1< --mates2< -r< -a< --unmatedReads< -o>d --output>d -g< --geneMap< -t< @lp"),
    ("salmon quantmerge", "--quants<* -o> --output> --column."),
    ("sambamba index", "@t <"),
    ("sambamba markdup", "@t --tmpdir. < >"),
    ("sambamba merge", "@t > *<"),
    ("sambamba sort", "-o> --tmpdir. @tm <"),
    ("sambamba view", "-o> -L< @tFfs <"),
    ("samtools", "-o> -T< @@ . <"),
    ("samtools addreplacerg", "-o> @@rRmO <"),
    ("samtools ampliconclip", "-b< -o> @@ <"),
    ("samtools bedcov", "< *<"),
    ("samtools calmd", "< <"),
    ("samtools cat", "-o> -h< *<"),
    ("samtools collate", "-o> @@nTf <"),
    ("samtools coverage", "-o> -b< @qQr *<"),
    ("samtools depth", "-b< -o> -f< @qQrdm *<"),
    ("samtools dict", "-o> @asu <"),
    ("samtools faidx", "-o> -r< <"),
    ("samtools fasta", "-1> -2> -0> -s> -o> @@fFnT <"),
    ("samtools fastq", "-1> -2> -0> -s> -o> @@fFnT <"),
    ("samtools fixmate", "@@O < >"),
    ("samtools flagstat", "@@O <"),
    ("samtools idxstats", "@@ <"),
    ("samtools import", "-1< -2< -s< -o> @@rR *<"),
    ("samtools index", "-o> @@m < >"),
    ("samtools markdup", "-f> -T. @@lmdO < >"),
    ("samtools mpileup", "-f< -l< -o> --output> -b< --fasta-ref< --positions< --output-tags. @qQdrBC *<"),
    ("samtools quickcheck", "*<"),
    ("samtools reheader", "< <"),
    ("samtools rmdup", "< >"),
    ("samtools sort", "-o> -T. @@mlOtK <"),
    ("samtools stats", "-r< -t< @@cdfF <"),
    ("samtools view", "-o> -U> -T< -L< -t< -R< -N< -b. @@qfFGrRsdlmOeh <"),
    ("seqkit", "-o> --out-file> -f< --pattern-file< @jpnrswgGmMte . *<"),
    ("seqtk", "@qlsnLbe . <"),
    ("seqtk sample", "@s < ."),
    ("seqtk subseq", "@l < <"),
    ("sha1sum", "*<"),
    ("sha256sum", "*<"),
    ("sha512sum", "*<"),
    ("shasum", "@a *<"),
    ("shuf", "-o> --output> @ni *<"),
    ("snpEff", "-s> -stats> -csvStats> -c< -config< -v. . <"),
    ("soffice", "--outdir>d --convert-to. *<"),
    ("sort", "-o> --output> --key. --field-separator. --parallel. --buffer-size. --temporary-directory. @ktST *<"),
    ("sox", "@rbcetv < >"),
    ("sox -d", "@rbcetv >"),
    ("spades.py", "-1< -2< -s< --12< --nanopore< --pacbio< --trusted-contigs< -o>d @tmk"),
    ("split", "--lines. --bytes. --number. --suffix-length. --additional-suffix. @lbnaC < >p"),
    ("spm_decode", "--model< --output> *<"),
    ("spm_encode", "--model< --output> --output_format. *<"),
    ("spm_train", "--input< --model_prefix>p --vocab_size. --model_type. --character_coverage."),
    ("sqlcmd", "-i< -o> @SUPdQ"),
    ("strings", "@n *<"),
    ("stringtie", "-G< -o> -A> -C> -b>d @pljcfgmaM *<"),
    ("subword-nmt apply-bpe", "-c< --codes< -i< --input< -o> --output> --vocabulary< --vocabulary-threshold."),
    ("subword-nmt learn-bpe", "-i< --input< -o> --output> @s"),
    ("tabix", "-R< -T< @pSbecs <"),
    ("tac", "@s *<"),
    ("tail", "@nc --lines. --bytes. *<"),
    ("tblastn", "-query< -subject< -out> -db. -outfmt. -evalue. -num_threads."),
    ("tee", "*>"),
    ("tippecanoe", "-o> --output> -l. -z. -Z. -n. *<"),
    ("touch", "-r< @dt *>"),
    ("trim_galore", "-o>d --output_dir>d -q. -j. --cores. --length. --fastqc_args. --basename. --quality. --adapter. --adapter2. -a. -a2. --stringency. *<"),
    ("trimmomatic PE", "-threads. -trimlog> -summary> < < > > > > *."),
    ("trimmomatic SE", "-threads. -trimlog> -summary> < > *."),
    ("truncate", "--size. @s *>"),
    ("tsc", "--outDir>d --outFile>"),
    ("tsort", "*<"),
    ("twoBitToFa", "< >"),
    ("umi_tools", "-I< -S> --stdin< --stdout> --read2-in< --read2-out> -L> --log> --bc-pattern. . <"),
    ("unexpand", "@t *<"),
    ("uniq", "@fsw < >"),
    ("vcf-concat", "*<"),
    ("vcftools", "--vcf< --gzvcf< --bcf< --keep< --remove< --bed< --positions< --out>p --weir-fst-pop<"),
    ("vep", "-i< --input_file< -o> --output_file> --dir_cache<d --fasta< --stats_file> --fork. --cache_version. --species. --assembly. --dir."),
    ("vsearch", "--usearch_global< --db< --fastq_mergepairs< --reverse< --fastqout> --fastaout> --uc> --blast6out> --derep_fulllength< --cluster_size< --cluster_fast< --centroids> --output> --fastq_filter< --uchime_denovo< --uchime_ref< --nonchimeras> --otutabout>"),
    ("wc", "*<"),
    ("wget", "-O> --output-document> -P>d --directory-prefix>d -i< --input-file< -o> -a> --output-file> --load-cookies< --save-cookies> --header. --user-agent. --no-check-certificate. @tTUQBADRIXlw *."),
    ("wigToBigWig", "< < >"),
    ("wkhtmltoimage", "< >"),
    ("wkhtmltopdf", "< >"),
    ("xmllint", "-o> --output> --schema< --xpath. --noout. *<"),
    ("xsltproc", "-o> --output> --stringparam. < <"),
    ("xsv", "-o> --output> @dsjlne . *<"),
    ("xsv cat", ". -o> --output> *<"),
    ("xsv join", "-o> --output> . < . <"),
    ("xsv search", "-o> --output> @sd . <"),
    ("xsv select", "-o> --output> @d . <"),
    ("xxd", "@lcs *<"),
    ("xzcat", "*<"),
    ("zcat", "*<"),
    ("zstdcat", "*<"),
];

/// What is known of a tool's words: the line, and how many words name one of its commands.
pub(super) fn line_of(name: &str, first: Option<&str>) -> Option<(&'static str, usize)> {
    let find = |wanted: &str| {
        let at = TOOLS.binary_search_by_key(&wanted, |(tool, _)| tool).ok()?;
        TOOLS.get(at).map(|(_, line)| *line)
    };
    if let Some(first) = first.filter(|first| first.len() < 40)
        && let Some(line) = find(&format!("{name} {first}"))
    {
        return Some((line, 1));
    }
    find(name).map(|line| (line, 0))
}

/// Commands whose first operand is a program or pattern and whose others are read.
pub(super) const FILTERS: &[(&str, &str, &[&str])] = &[
    ("awk", "Fv", &["-f"]),
    ("gawk", "Fv", &["-f"]),
    ("mawk", "Fv", &["-f"]),
    ("nawk", "Fv", &["-f"]),
    ("sed", "l", &["-e", "-f", "--expression", "--file"]),
    ("gsed", "l", &["-e", "-f", "--expression", "--file"]),
    ("grep", "mABCdD", &["-e", "-f", "--regexp", "--file"]),
    ("egrep", "mABC", &["-e", "-f"]),
    ("fgrep", "mABC", &["-e", "-f"]),
    ("zgrep", "mABC", &["-e", "-f"]),
    ("rg", "mABCgt", &["-e", "-f"]),
    ("jq", "", &["-f", "--from-file"]),
    ("yq", "", &["--from-file"]),
    (
        "perl",
        "IMm",
        &[
            "-e", "-E", "-ne", "-pe", "-lne", "-lane", "-i", "-pi", "-n", "-p",
        ],
    ),
];

/// Commands whose last operand is where the others go.
pub(super) const COPIERS: &[(&str, &str)] = &[
    ("cp", "S"),
    ("mv", "S"),
    ("install", "mogS"),
    ("rsync", "ef"),
    ("gcp", ""),
    ("gmv", ""),
    ("ln", "S"),
];

/// Commands of which `-o` is no output.
pub(super) const NOT_O: &[&str] = &[
    "aws",
    "bsub",
    "chown",
    "column",
    "cp",
    "docker",
    "egrep",
    "find",
    "getopt",
    "grep",
    "groupadd",
    "gunzip",
    "helm",
    "install",
    "ip",
    "journalctl",
    "jq",
    "kubectl",
    "ls",
    "lsblk",
    "mount",
    "nc",
    "oc",
    "openssl",
    "paste",
    "podman",
    "ps",
    "qsub",
    "read",
    "rsync",
    "sbatch",
    "scp",
    "sed",
    "set",
    "sftp",
    "shopt",
    "ssh",
    "ssh-keygen",
    "stdbuf",
    "su",
    "systemctl",
    "tar",
    "test",
    "unzip",
    "useradd",
    "usermod",
    "xargs",
];

/// Whether a command is given words that are no files, whatever they are called.
pub fn takes_no_files(command: &str) -> bool {
    matches!(
        command.rsplit('/').next().unwrap_or(command),
        "echo"
            | "printf"
            | "print"
            | "test"
            | "["
            | "expr"
            | "basename"
            | "dirname"
            | "seq"
            | "kill"
            | "wait"
            | "sleep"
            | "exit"
            | "return"
            | "export"
            | "local"
            | "unset"
            | "read"
            | "alias"
            | "type"
            | "which"
            | "command"
            | "chmod"
            | "chown"
            | "ssh"
            | "su"
            | "id"
            | "useradd"
            | "apt-get"
            | "pip"
            | "conda"
            | "log"
            | "logger"
            | "die"
            | "git"
            | "rm"
            | "rmdir"
    )
}

/// Whether a command manages machines, services or code: the files it names are settings of its own.
pub fn manages(command: &str) -> bool {
    matches!(
        command.rsplit('/').next().unwrap_or(command),
        "ansible"
            | "ansible-playbook"
            | "apk"
            | "apt"
            | "apt-get"
            | "aws"
            | "az"
            | "brew"
            | "bundle"
            | "cargo"
            | "cmake"
            | "conda"
            | "configure"
            | "dnf"
            | "docker"
            | "dx"
            | "docker-compose"
            | "gcloud"
            | "gh"
            | "git"
            | "gradle"
            | "gsutil"
            | "helm"
            | "kind"
            | "kubectl"
            | "make"
            | "mamba"
            | "micromamba"
            | "minikube"
            | "mvn"
            | "ninja"
            | "npm"
            | "npx"
            | "oc"
            | "pip"
            | "pip3"
            | "pnpm"
            | "podman"
            | "poetry"
            | "rustup"
            | "service"
            | "ssh"
            | "systemctl"
            | "terraform"
            | "useradd"
            | "adduser"
            | "yarn"
            | "yum"
    )
}

/// Whether a path lies in a folder of the system, where nobody is asked for anything; what is written to
/// `/var/lib/mysql` is data.
pub fn is_of_system(path: &str, is_written: bool) -> bool {
    const SYSTEM: &[&str] = &[
        "/Applications",
        "/Library",
        "/System",
        "/bin",
        "/boot",
        "/dev",
        "/etc",
        "/home",
        "/lib",
        "/lib64",
        "/proc",
        "/root",
        "/sbin",
        "/sys",
        "/tmp",
        "/usr",
        "/var",
    ];
    const DATA: &[&str] = &["/var/data", "/var/lib", "/var/opt", "/var/www"];
    const OF_PACKAGES: &[&str] = &[
        "alternatives",
        "apk",
        "apt",
        "dbus",
        "dpkg",
        "pacman",
        "rpm",
        "systemd",
        "ubuntu-advantage",
    ];
    let below = |top: &&str| {
        path.strip_prefix(top)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    if is_written
        && DATA
            .iter()
            .any(|top| path.starts_with(top) && path.len() > top.len())
    {
        let name = path.split('/').nth(3).unwrap_or_default();
        return OF_PACKAGES.contains(&name);
    }
    SYSTEM.iter().any(below)
}

/// Programs that run the script named first.
pub const INTERPRETERS: &[&str] = &[
    "Rscript", "bash", "dash", "julia", "ksh", "node", "octave", "perl", "php", "python",
    "python2", "python3", "ruby", "sh", "zsh",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_as_the_search_needs_it() {
        assert!(TOOLS.is_sorted_by_key(|(tool, _)| *tool));
        assert_eq!(line_of("cat", Some("x")), Some(("*<", 0)));
        assert_eq!(
            line_of("xsv", Some("join")).map(|(_, words)| words),
            Some(1)
        );
        assert_eq!(line_of("nothing", None), None);
    }
}
