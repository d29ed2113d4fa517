# Thin lines: the logic is in make.py, which Windows users call directly (`python make.py book`).
.PHONY: book test check execute figures pdf serve lab release bench lock clean tables
book test check execute figures pdf serve lab release bench lock clean:
	@python3 make.py $@ $(ARGS)
tables:  # NAME counts only where it is written after `make`: some systems have it in the environment
	@python3 make.py $@ $(if $(filter command line,$(origin NAME)),$(NAME)) $(ARGS)
